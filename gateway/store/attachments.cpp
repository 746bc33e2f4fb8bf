#include "gateway/store/attachments.h"

#include "gateway/mapping/mail_in.h"
#include "gateway/store/effective.h"
#include "gateway/store/hash.h"
#include "gateway/store/rendition.h"
#include "mime/message.h"

namespace gateway::store {

std::optional<AttachmentRow> find_attachment(Session& session, std::int32_t actor, const std::string& sha256_hex)
{
    AttachmentRow out;
    out.digest = from_hex(sha256_hex);
    if (out.digest.size() != 32) return std::nullopt;
    const auto rows = session.query(R"(
select coalesce((select u.message_id from blob_use u join message m on m.id = u.message_id where u.sha256 = $1
 and (m.originator = $2 or (m.state in (0, 2) and m.kind <> 1 and (
  exists (select from ref r join mailbox b on b.id = r.mailbox_id and b.use <> 7 where r.message_id = m.id and r.user_id = $2)
  or exists (select from entry e where (e.list_id = m.list_id or e.list_id in (select l.list_id from message_list l where l.message_id = m.id))
    and e.person_id = $2 and e.membership = 0 and (e.role <> 2 or e.list_id = m.id)
    and not exists (select from entry o where o.list_id = m.id and o.person_id = $2 and o.membership <> 0)
    and not )" ELSEWHERE("m", "$2") R"()))) limit 1), 0),
 exists (select from upload where sha256 = $1 and person_id = $2), (select size from blob where sha256 = $1))",
        Bytes{out.digest}, actor);
    out.message = rows.integer(0, 0);
    out.stored = !rows.null(0, 2);
    if (out.message == 0 && (!rows.boolean(0, 1) || !out.stored)) return std::nullopt;
    if (out.stored) out.size = static_cast<std::uint64_t>(rows.integer(0, 2));
    return out;
}

std::string read_attachment(Session& session, const AttachmentRow& attachment)
{
    if (attachment.stored) {
        auto octets = read_blob(session, attachment.digest, 0, attachment.size);
        if (octets.size() == attachment.size || attachment.message == 0)
            return octets;  // else it was collected while it was read
    }
    const auto hex = to_hex(attachment.digest);
    const auto renditions =
        session.query("select id from rendition where message_id = $1 order by revision", attachment.message);
    std::optional<std::string> found;
    for (std::size_t i = 0; i < renditions.size() && !found; ++i) {
        const auto bytes = read_content(session, renditions.integer(i, 0));
        (void)mapping::attachments(
            mime::parse(bytes), bytes, 1, [&](const mapping::Attachment& a, std::string_view decoded) {
                if (a.sha256 == hex) found = std::string(decoded);
            });
    }
    return std::move(found).value_or("");
}

std::optional<std::string> attachment(Session& session, std::int32_t actor, const std::string& sha256_hex)
{
    const auto found = find_attachment(session, actor, sha256_hex);
    return found ? std::optional(read_attachment(session, *found)) : std::nullopt;
}

}  // namespace gateway::store
