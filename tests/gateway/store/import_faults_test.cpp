// import_faults_test: an import dies wherever it writes, and is done again.
#include "gateway/store/admin.h"
#include "gateway/store/invariants.h"
#include "village.h"

using namespace test;
using gateway::Admin;
using gateway::boxes::Mail;

namespace {

constexpr int mails = 6, group = 2;

Mail mail(int n)
{
    Mail mail;
    const auto id = [](int m) { return "<old" + std::to_string(m) + "@legacy.test>"; };
    mail.bytes = "From: dora@legacy.test\r\nMessage-ID: " + id(n) + "\r\nIn-Reply-To: " + id(n - 1) +
                 "\r\nSubject: old " + std::to_string(n) + "\r\n\r\nText.\r\n";
    mail.delivered = store::Time(std::chrono::seconds(1'600'000'000 + n));
    mail.keywords = {"k" + std::to_string(n / (mails + 1))};  // one for each folder
    return mail;
}

// On a connection of its own, in groups.
void import_into(Village& v, const std::string& folder, int first)
{
    store::Session own(v.url);
    store::StoreAdmin admin(own, {{"one.test"}, 1 << 20, {}}, {"", "root"});
    const auto import = admin.import_into(
        "alice@one.test", folder, folder, [](const Mail&, Admin::Import::Result result, const std::string&) {
            CHECK(result != Admin::Import::Result::refused);
        });
    for (int n = 0; n < mails; n += group) {
        std::vector<Mail> some;
        for (int i = 0; i < group; ++i) some.push_back(mail(first + n + i));
        import->store(std::move(some), std::to_string(n));
    }
    import->finish();
}

}  // namespace

TEST_CASE("an import whose connection is lost wherever it writes puts each mail there once when it is done again")
{
    Village v;
    v.session.command(
        "create function die() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(60); return null; end $$;"
        "create sequence seen");
    int first = 1;
    for (const auto* where : {"insert on mailbox", "insert on message", "insert on revision", "insert on rendition",
             "insert on body", "insert on search_text", "insert on entry", "insert on msgid", "insert on parent",
             "insert on ref", "update on mailbox", "update on person", "insert on import_checkpoint",
             "update on import_checkpoint", "delete on import_checkpoint", "insert on audit"})
        for (const int nth : {1, 3}) {
            CAPTURE(where);
            CAPTURE(nth);
            const auto folder = "Old" + std::to_string(first);
            v.session.command(
                ("alter sequence seen restart; create trigger dying before " + std::string(where) +
                    " for each row when (nextval('seen') = " + std::to_string(nth) + ") execute function die()")
                    .c_str());
            bool died = false;
            try {
                import_into(v, folder, first);
            } catch (const store::DatabaseError&) {
                died = true;
            }
            const std::string table = std::string(where).substr(std::string(where).rfind(' ') + 1);
            v.session.command(("drop trigger dying on " + table).c_str());
            if (nth == 1) CHECK(died);  // not all of these are written three times
            import_into(v, folder, first);
            import_into(v, folder, first);
            CHECK(v.number("select count(*) from ref r join mailbox b on b.id = r.mailbox_id where b.name = '" +
                           folder + "'") == mails);
            CHECK(
                v.number(
                    "select count(distinct r.message_id) from ref r join mailbox b on b.id = r.mailbox_id where b.name = '" +
                    folder + "'") == mails);
            CHECK(v.number("select count(*) from import_checkpoint") == 0);
            first += mails + 1;
        }
    CHECK(v.number("select count(*) from message") == (first - 1) / (mails + 1) * mails);
    for (const auto& broken : store::broken_invariants(v.session))
        FAIL_CHECK(broken.invariant << ": " << broken.examples.front());
}
