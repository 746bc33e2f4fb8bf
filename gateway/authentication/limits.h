// limits: how much work one mail's claims about itself may cause.
#pragma once

#include <chrono>
#include <cstddef>

namespace gateway::authentication::limits {

// All lookups for one mail together: a sending server waits ten minutes for our answer (RFC 5321 4.5.3.2.6), people
// wait less. What is not known then is temperror.
inline constexpr std::chrono::milliseconds lookups{std::chrono::seconds(10)};

// RFC 7208 4.6.4, the limits that stop a record from making us attack others.
inline constexpr int spf_terms = 10;          // mechanisms and modifiers that ask the DNS
inline constexpr int spf_void_lookups = 2;    // answers without records
inline constexpr std::size_t spf_names = 10;  // MX and PTR names that are looked at

inline constexpr std::size_t txt_records = 100;  // of one name: nobody publishes more
inline constexpr std::size_t record = 16'384;    // octets of one record: the largest RSA key takes 750

inline constexpr std::size_t header =
    1024 * 1024;                                  // octets: a longer header is not hashed, its signatures count as none
inline constexpr std::size_t signature = 16'384;  // octets of one signature field
inline constexpr std::size_t signatures =
    8;  // DKIM signatures of one mail that are looked at: each may cost a pass over the body
inline constexpr std::size_t signed_fields = 300;  // names in one h=
inline constexpr std::size_t tags = 100;           // in one list of tags

inline constexpr int shortest_rsa = 1024;  // bits, RFC 8301 3.2
inline constexpr int longest_rsa = 4096;   // bits: beyond, checking costs milliseconds of everybody's time
inline constexpr int rsa_exponent = 64;    // bits, for the same reason; real ones have 17

inline constexpr std::size_t authors = 4;  // domains in From whose policies are looked up; real mail has one
inline constexpr int arc_sets = 50;        // RFC 8617 4.2.1

}  // namespace gateway::authentication::limits
