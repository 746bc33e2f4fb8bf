#include "house.h"

#include "../database_fixture.h"

namespace test {

std::string populated_database()
{
    const auto url = fresh_database_url();
    gateway::store::Database::migrate(url);
    gateway::store::Session session(url);
    for (const auto* address : {"alice@one.test", "bob@one.test", "carol@one.test"})
        gateway::store::create_account(session, address, "verifier");
    return url;
}

std::string mail(const std::string& id, const std::string& subject, const std::string& text, const std::string& further)
{
    return "From: Dora <dora@legacy.test>\r\nTo: Alice <alice@one.test>\r\nSubject: " + subject +
           "\r\nDate: Mon, 23 Nov 2026 23:30:00 -0500\r\n" + (id.empty() ? "" : "Message-ID: <" + id + ">\r\n") +
           further + "\r\n" + text;
}

}  // namespace test
