// post_room: a village whose post tells of what alice changes after sending.
#pragma once

#include "village.h"

#include <optional>
#include <string>
#include <vector>

namespace test {

struct PostRoom {
    PostRoom(std::size_t max_per_day = 3)
    {
        v.settings.make.max_per_day = max_per_day;
        post.emplace(v, io);
    }

    ~PostRoom() { io.stop(); }

    email2::Message send(std::vector<std::string> to, const char* subject = "Plan", const char* body = "First words.")
    {
        return v.native("alice@one.test", to, text(subject, body));
    }

    void edit(const email2::Message& m, const char* body)
    {
        REQUIRE(v.verbs.edit(
            "alice@one.test", m.id, v.verbs.get("alice@one.test", m.id, {})->revision, text(m.content.subject, body)));
    }

    std::vector<std::string> sent() { return post->deliver_all(); }

    std::string queue() { return v.words("select kind from egress order by id"); }

    std::string everything()
    {
        std::string all;
        for (const auto* table : {"message", "revision", "rendition", "entry", "ref", "event", "egress", "delivery",
                 "token", "told", "summary_item", "expunge", "mailbox"})
            all += v.words("select md5(coalesce(string_agg(t::text, ' ' order by t::text), '')) from " +
                           std::string(table) + " t") +
                   " ";
        return all;
    }

    Village v;
    asio::io_context io;
    std::optional<Post> post;
};

inline bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

inline std::string link_after(const std::string& mail, const std::string& words)
{
    auto unfolded = mail;
    for (auto at = unfolded.find("=\r\n"); at != std::string::npos; at = unfolded.find("=\r\n")) unfolded.erase(at, 3);
    const auto at = unfolded.find("/a/", unfolded.find(words));
    return at == std::string::npos ? "" : unfolded.substr(at + 3, 32);
}

}  // namespace test
