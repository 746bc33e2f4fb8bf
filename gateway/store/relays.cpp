// relays: see relays.h.
#include "gateway/store/relays.h"

#include "gateway/store/follow_ups.h"
#include "gateway/store/report_limits.h"

#include <algorithm>

namespace gateway::store {

std::map<std::string, std::string> authors_behind(Session& session, const std::vector<std::string>& tokens)
{
    const auto rows = session.query(
        "select t.token, p.address from token t join person p on p.id = t.person_id where t.token = any($1::text[]) "
        "and t.action = $2 and t.expires > now()",
        tokens, static_cast<std::int16_t>(TokenAction::relay));
    std::map<std::string, std::string> authors;
    for (std::size_t i = 0; i < rows.size(); ++i) authors.emplace(rows.text(i, 0), rows.text(i, 1));
    return authors;
}

void note_relayed(Session& session, std::vector<std::pair<std::int32_t, std::int32_t>> pairs)
{
    std::sort(pairs.begin(), pairs.end());  // in one order by everybody
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    std::vector<std::int32_t> authors, readers;
    for (const auto& [author, reader] : pairs) {
        authors.push_back(author);
        readers.push_back(reader);
    }
    if (!authors.empty())
        session.query(
            "insert into relayed(author_id, reader_id) select * from unnest($1::int4[], $2::int4[]) on conflict (author_id, reader_id) "
            "do update set at = now() where relayed.at < now() - interval '1 day'",
            authors, readers);
}

Reach reach(Session& session, std::string_view reader, std::string_view author)
{
    const auto rows = session.query(R"(
with pair as (select r.author_id, r.reader_id from relayed r join person a on a.id = r.author_id and a.address = $2
  join person p on p.id = r.reader_id and p.address = $1),
 counted as (update relayed r set answers = case when r.day = current_date then r.answers + 1 else 1 end, day = current_date from pair
  where r.author_id = pair.author_id and r.reader_id = pair.reader_id and (r.day <> current_date or r.answers < $3) returning 1)
select exists (select from pair), exists (select from counted))",
        reader, author, static_cast<std::int16_t>(limits::answers_passed_on));
    if (!rows.boolean(0, 0)) return Reach::stranger;
    return rows.boolean(0, 1) ? Reach::yes : Reach::too_often;
}

}  // namespace gateway::store
