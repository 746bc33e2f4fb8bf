// sign_test: what we sign verifies, and nothing that was changed does.
#include "gateway/authentication/dkim.h"
#include "gateway/authentication/key_files.h"
#include "gateway/authentication/limits.h"
#include "tests/authentication/keys.h"
#include "tests/authentication/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sys/stat.h>

using namespace gateway::authentication;
using namespace authentication_test;

namespace {

const std::string mail =
    "From: Alice <alice@one.test>\r\nTo: carol@legacy.test\r\nSubject: Minutes\r\n of Monday\r\nMessage-ID: <1@one.test>\r\n"
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nHello\r\n.dot  \r\n\r\n";

DkimSignature judged(const std::string& whole, const SigningKey& key)
{
    auto pending = read_signatures(MailText(whole), moment);
    REQUIRE(pending.size() == 1);
    return conclude(std::move(pending.front()), {gateway::dns::Found::records, {record_of(key)}, false, ""});
}

std::string replaced(std::string text, const std::string& what, const std::string& with)
{
    return text.replace(text.find(what), what.size(), with);
}

}  // namespace

TEST_CASE("a signed mail verifies, with fields on top and its white space folded anew")
{
    for (const auto& key : {rsa(), ed25519()}) {
        const auto field = dkim_signature(MailText(mail), key, moment);
        REQUIRE(field.starts_with("DKIM-Signature: v=1; a=" + std::string(name_of(key.key.type())) +
                                  "-sha256; c=relaxed/relaxed; d=one.test; s="));
        CHECK(field.ends_with("\r\n"));
        for (std::size_t at = 0, end = 0; at < field.size(); at = end + 2) {
            end = field.find("\r\n", at);
            CHECK(end - at <= 78);
        }
        CHECK(judged(field + mail, key).result == Result::pass);
        CHECK(judged("Received: by us\r\n" + field + mail, key).result == Result::pass);
        CHECK(judged(field + replaced(mail, "Minutes\r\n of", "Minutes  of"), key).result == Result::pass);
    }
}

TEST_CASE("a mail that begins folded is not signed: the signature would take its first line in")
{
    for (const auto* fold : {" folded\r\n", "\tfolded\r\n"})
        CHECK(dkim_signature(MailText(fold + mail), ed25519(), moment) == "");
    CHECK(dkim_signature(MailText(mail), ed25519(), moment) != "");
}

TEST_CASE("the signature is the same however the mail comes in pieces")
{
    const auto whole = dkim_signature(MailText(mail), ed25519(), moment);
    for (std::size_t step = 1; step < 60; step += 7) {
        std::vector<std::string_view> pieces;
        for (std::size_t at = 0; at < mail.size(); at += step)
            pieces.push_back(std::string_view(mail).substr(at, step));
        CHECK(dkim_signature(MailText(pieces), ed25519(), moment) == whole);
    }
}

TEST_CASE("a change of what is signed, or a second From, breaks the signature")
{
    for (const auto& key : {rsa(), ed25519()}) {
        const auto field = dkim_signature(MailText(mail), key, moment);
        CHECK(judged(field + replaced(mail, "Hello", "Hallo"), key).why == "the body was changed");
        CHECK(judged(field + mail + "more\r\n", key).result == Result::fail);
        CHECK(judged(field + "From: eve@evil.test\r\n" + mail, key).result == Result::fail);
        CHECK(judged(field + replaced(mail, "One-Click", "Two-Click"), key).result == Result::fail);
        CHECK(judged(replaced(field, "d=one.test", "d=two.test") + mail, key).result == Result::fail);
    }
}

TEST_CASE("which fields are covered is told: those of which none can be added")
{
    const auto key = ed25519();
    const auto field = dkim_signature(MailText(mail), key, moment);
    const auto covers = [&](const std::string& text, const std::string& name) {
        const auto covered = judged(text, key).covered;
        return std::find(covered.begin(), covered.end(), name) != covered.end();
    };
    CHECK(covers(field + mail, "from"));
    CHECK(covers(field + mail, "subject"));
    CHECK(!covers(field + mail, "supersedes"));
    CHECK(!covers(
        field + "Subject: another\r\n" + mail, "subject"));  // the signature still verifies: the lower one was signed
    CHECK(judged(field + "Subject: another\r\n" + mail, key).result == Result::pass);
}

TEST_CASE("without a From nothing is signed")
{
    CHECK(dkim_signature(MailText("Subject: x\r\n\r\n"), ed25519(), moment).empty());
    CHECK(dkim_signature(MailText("no header at all"), ed25519(), moment).empty());
}

TEST_CASE(
    "a key record that was revoked, is of another type, or is not for mail makes a permerror; none that is there, too")
{
    const auto key = ed25519();
    const auto signed_mail = dkim_signature(MailText(mail), key, moment) + mail;
    const auto with = [&](const gateway::dns::Lookup<std::string>& lookup) {
        auto pending = read_signatures(MailText(signed_mail), moment);
        return conclude(std::move(pending.front()), lookup).result;
    };
    using gateway::dns::Found;
    const auto good = record_of(key);
    for (const auto& record : {std::string("v=DKIM1; k=ed25519; p="), std::string("v=DKIM2; k=ed25519; p=AAAA"),
             std::string("nonsense"), std::string(), good + "; s=chat", good + "; h=sha1", "k=ed25519; " + good,
             std::string("v=DKIM1; p=") + good.substr(good.find("p=") + 2)}) {
        CAPTURE(record);
        CHECK(with({Found::records, {record}, false, ""}) == Result::permerror);
    }
    CHECK(with({Found::records, {good + "; s=email:*; h=sha256:sha1; t=y"}, false, ""}) == Result::pass);
    CHECK(with({Found::records, {"unrelated text", good}, false, ""}) == Result::pass);
    CHECK(with({Found::no_domain, {}, false, ""}) == Result::permerror);
    CHECK(with({}) == Result::temperror);
}

TEST_CASE("more signatures than a mail ever has are not looked at, nor ones that are endless")
{
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "DKIM-Signature: v=1; a=rsa-sha256; d=x.test; s=s; h=from; bh=AAAA; b=AAAA\r\n";
    CHECK(read_signatures(MailText(many + mail), moment).size() == limits::signatures);
    const auto endless = "DKIM-Signature: v=1; a=rsa-sha256; d=x.test; s=s; bh=AAAA; b=AAAA; h=from" +
                         std::string(100'000, ':') + "\r\n" + mail;
    CHECK(read_signatures(MailText(endless), moment).front().outcome.result == Result::permerror);
}

TEST_CASE("keys are made for a domain, read again, and not overwritten")
{
    char folder[] = "/tmp/e2-keys-XXXXXX";
    REQUIRE(mkdtemp(folder) != nullptr);
    const std::filesystem::path directory = folder;
    CHECK(read_signing_keys(directory / "missing").empty());
    const auto made = make_signing_keys(directory, "One.test", "e2");
    REQUIRE(made.size() == 2);
    struct stat facts{};
    REQUIRE(stat((directory / "one.test" / "e2-rsa.pem").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777U) == 0600);
    const auto read = read_signing_keys(directory);
    REQUIRE(read.size() == 2);
    CHECK(read[0].selector == "e2-ed25519");
    CHECK(read[0].domain == "one.test");
    CHECK(judged(dkim_signature(MailText(mail), read[1], moment) + mail, made[0]).result == Result::pass);
    CHECK_THROWS((void)make_signing_keys(directory, "one.test", "e2"));
    CHECK_THROWS((void)make_signing_keys(directory, "../one.test", "x"));
    CHECK_THROWS((void)make_signing_keys(directory, "one.test", "../x"));
    std::ofstream(directory / "one.test" / "broken.pem") << "-----BEGIN NONSENSE-----";
    CHECK_THROWS((void)read_signing_keys(directory));
    std::filesystem::remove_all(directory);
}

TEST_CASE("records for the DNS stand in strings that it can hold")
{
    const auto zone = dkim_zone({rsa(), ed25519()});
    CHECK(zone.starts_with("r._domainkey.one.test. IN TXT ( \"v=DKIM1; k=rsa; p="));
    CHECK(zone.find("e._domainkey.one.test. IN TXT \"v=DKIM1; k=ed25519; p=") != std::string::npos);
    for (std::size_t at = zone.find('"'), end = 0; at != std::string::npos; at = zone.find('"', end + 1)) {
        end = zone.find('"', at + 1);
        CHECK(end - at - 1 <= 255);
    }
}
