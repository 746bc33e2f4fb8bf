// content_tree: a mail's MIME tree walked as email2's part tree: what is shown, what is named, and how much of it. One
// walk for the document and for its blobs, so that each SHA-256 in a document is one that the mail can give.
#pragma once

#include "email2/message.h"
#include "gateway/mapping/limits.h"
#include "mime/message.h"
#include "mime/tnef.h"

#include <functional>
#include <string_view>

namespace gateway::mapping {

// A leaf that is named by SHA-256.
struct NamedLeaf {
    mime::Range encoded;  // its body in the mail; empty when it lies within another one (TNEF)
    mime::TransferEncoding encoding = mime::TransferEncoding::binary;  // binary also for a text that became Unicode
    std::string sha256;
    std::string_view octets;  // decoded
};

class ContentTree {
public:
    enum class Texts { decode, leave };  // whether the texts of the parts are wanted

    // Leaves of fewer than `at_least` octets in the mail are not named. `named` may be empty.
    ContentTree(
        std::string_view bytes, Texts texts, std::uint64_t at_least, std::function<void(const NamedLeaf&)> named);

    [[nodiscard]] email2::Part part(const mime::Part& part);
    [[nodiscard]] const mime::Defects& defects() const { return defects_; }

private:
    email2::Part part(const mime::Part& part, std::size_t depth, std::size_t messages);
    void leaf(email2::Part& into, const mime::Part& part, std::size_t depth);
    void message(email2::Part& into, const mime::Part& part, std::size_t depth, std::size_t messages);
    void text(email2::Part& into, const mime::Part& part);
    void name(email2::Part& into, const NamedLeaf& leaf);
    void describe(email2::Part& into, const mime::Part& part);
    // Whether so many octets may still stand in the document.
    bool spend(std::uint64_t octets);

    void unpack(email2::Part& into, std::string_view octets, std::uint64_t at, std::size_t depth);
    void read_rich_text(mime::Tnef& tnef, std::string_view octets);
    email2::Part inline_text(std::string type, std::string text);

    std::string_view bytes_;
    Texts texts_;
    std::uint64_t at_least_;
    std::function<void(const NamedLeaf&)> named_;
    std::uint64_t room_ = limits::inline_text;
    std::size_t unpacked_ = 0;     // TNEF within TNEF, how deep
    std::size_t files_ = 0;        // that were in TNEF, in all of the mail
    std::uint64_t rich_text_ = 0;  // octets of it that were read, in all of the mail
    mime::Defects defects_;
};

}  // namespace gateway::mapping
