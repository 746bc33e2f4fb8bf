// apart: large attachments stay in their blobs while a mail is composed around them.
//
// While composing, a few octets stand for each such attachment. What comes out is cut where their base64 stands, and
// room as long as the attachment's own base64 is left there, so that every offset and length is that of the whole mail.
#pragma once

#include "gateway/mapping/mail_in.h"
#include "gateway/store/session.h"
#include "mime/spool.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace gateway::store {

class Apart {
public:
    // Reads what `author` may have; `body` is what will be composed. The session outlives it.
    Apart(Session& session, std::int32_t author, const email2::Part& body);

    // mapping::BlobSource: the octets, or what stands for them.
    [[nodiscard]] std::string octets(const std::string& sha256_hex);
    // What was composed, with room for what stays apart, and where each of it belongs.
    struct Composed {
        mime::Spool bytes;
        std::vector<mapping::Attachment> elsewhere;  // by offset
        std::uint64_t text = 0;                      // octets of the mail that are not apart
    };
    [[nodiscard]] Composed take(std::string composed);

private:
    struct Standing {
        std::string base64;
        mapping::Attachment attachment;
    };
    Session& session_;
    std::int32_t author_;
    std::set<std::string> whole_;  // a message within goes as it is, RFC 2046 5.2.1: it cannot stay apart
    std::vector<Standing> standing_;
};

// Octets of base64 in lines of `line_length` closed by CRLF, the last one excepted.
[[nodiscard]] std::uint64_t encoded_length(std::uint64_t octets, std::uint32_t line_length);

}  // namespace gateway::store
