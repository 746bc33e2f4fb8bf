// seal_for_others_test: mails that we sealed, for other implementations to judge (tests/rigs/run_signatures).
#include "gateway/authentication/arc.h"
#include "gateway/authentication/key_files.h"
#include "tests/authentication/keys.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace gateway::authentication;
using namespace authentication_test;

TEST_CASE("a sealed mail for others to judge" * doctest::skip(std::getenv("E2_SEALED") == nullptr))
{
    const std::filesystem::path folder = std::getenv("E2_SEALED");
    const std::string mail =
        "From: Carol <carol@legacy.test>\r\nTo: list@one.test\r\nSubject: Hello\r\n of  today\r\nDate: Mon, 23 Nov 2026 06:48:00 +0000\r\n"
        "Message-ID: <1@legacy.test>\r\nList-Id: <list.one.test>\r\n\r\nA post. \r\n\r\n";
    const auto seal = [](const std::string& text, const SigningKey& key, Result chain) {
        const auto whole = dkim_signature(MailText(text), key, moment) +
                           dkim_signature(MailText(text), ed25519(key.domain), moment) + text;
        return arc_seal(MailText(whole),
                   {"mx." + key.domain,
                       "spf=pass smtp.mailfrom=legacy.test; dkim=none; dmarc=pass header.from=legacy.test", chain,
                       moment},
                   key) +
               whole;
    };
    const auto once = seal(mail, rsa("one.test"), Result::none);
    const auto twice = seal("Received: by two.test\r\n" + once, rsa("two.test"), Result::pass);
    auto changed = twice;
    changed.replace(changed.find("A post"), 6, "A poem");
    std::ofstream(folder / "once.eml") << once;
    std::ofstream(folder / "twice.eml") << twice;
    std::ofstream(folder / "changed.eml") << changed;
    std::ofstream(folder / "zone") << dkim_zone(
        {rsa("one.test"), ed25519("one.test"), rsa("two.test"), ed25519("two.test")});
}
