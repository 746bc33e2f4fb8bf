// address_test: the one form of an address.
#include "email2/address.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace email2;

namespace {

const Domains local{"one.test", "xn--bcher-kva.test"};

std::string normal(std::string_view address)
{
    return normalise(address, local).value_or("-");
}

}  // namespace

TEST_CASE("domains compare without case, local parts only at home")
{
    CHECK(normal("Alice@ONE.Test") == "alice@one.test");
    CHECK(normal("Alice@Two.Test") == "Alice@two.test");
    CHECK(normal("\xC3\x84nne@one.test") == "\xC3\xA4nne@one.test");
    CHECK(normal("\xC3\x84nne@two.test") == "\xC3\x84nne@two.test");
}

TEST_CASE("international domains become A-labels, and are local under either name")
{
    CHECK(normal("Bob@B\xC3\x9C"
                 "CHER.test") == "bob@xn--bcher-kva.test");
    CHECK(normal("Bob@XN--BCHER-KVA.test") == "bob@xn--bcher-kva.test");
    CHECK(normal("x@fa\xC3\x9F.test") == "x@xn--fa-hia.test");  // non-transitional: not fass.test
    CHECK(normal("x@a\xE3\x80\x82test") == "x@a.test");         // ideographic full stop
}

TEST_CASE("local parts are composed")
{
    CHECK(normal("A\xCC\x88nne@two.test") == "\xC3\x84nne@two.test");
}

TEST_CASE("quotes that mean nothing go, others stay")
{
    CHECK(normal("\"jane\"@two.test") == "jane@two.test");
    CHECK(normal("\"j\\ane\"@two.test") == "jane@two.test");
    CHECK(normal("\"a@b\"@two.test") == "\"a@b\"@two.test");
}

TEST_CASE("detail stays until the base is asked for")
{
    CHECK(normal("alice+x@one.test") == "alice+x@one.test");
    CHECK(base_address("alice+x+y@one.test") == "alice@one.test");
    CHECK(base_address("alice@one.test") == "alice@one.test");
    CHECK(base_address("+x@one.test") == "+x@one.test");
    CHECK(base_address("\"a+b@c\"@one.test") == "\"a+b@c\"@one.test");
}

TEST_CASE("address literals are domains")
{
    CHECK(normal("x@[192.0.2.1]") == "x@[192.0.2.1]");
    CHECK(normal("x@[IPv6:2001:DB8::1]") == "x@[ipv6:2001:db8::1]");
    CHECK(normal("x@[foo]") == "-");
}

TEST_CASE("what is no address is refused")
{
    const std::string long_local(65, 'a');
    const std::string label(63, 'a');
    const std::string long_domain = label + "." + label + "." + label + "." + label + ".t";
    for (const std::string& address :
        {std::string{}, std::string{"a"}, std::string{"@"}, std::string{"a@"}, std::string{"@b"}, std::string{"a b@c"},
            std::string{"\"a b\"@c"}, std::string{"a@b c"}, std::string{"a\n@b"}, std::string{"a@b\n"},
            std::string("a\0@b", 4), std::string("a@b\0c", 5), std::string{"a\x7F@b"}, std::string{"a\xC2\x85@b"},
            std::string{"a\xE2\x80\x83@b"}, std::string{"a\xE2\x80\xAE@b"}, std::string{"\xFF@b"},
            std::string{"a@\xFF"}, std::string{"a@b..c"}, std::string{"a@.b"}, std::string{"a@b."}, std::string{"a@-b"},
            std::string{"<a@b>"}, std::string{"a,b@c"}, std::string{"\"\"@b"} + "\\", std::string{"\"a\\\"@b"},
            long_local + "@b", "a@" + long_domain, "a@" + std::string(64, 'a') + ".test"}) {
        CAPTURE(address);
        CHECK(normal(address) == "-");
    }
    CHECK(normal(long_local.substr(1) + "@b") != "-");
}

TEST_CASE("a normal form is its own normal form")
{
    CHECK(rc::check([](const std::string& user, const std::string& domain) {
        const auto once = normalise(user + "@" + domain, local);
        if (once) RC_ASSERT(normalise(*once, local) == once);
    }));
    const auto letter = rc::gen::elementOf(std::string("aB\"\\+.@\xC3\xA4\xCC\x88- "));
    CHECK(rc::check([&] {
        const auto user = *rc::gen::container<std::string>(letter);
        const auto once = normalise(user + "@One.test", local);
        if (once) RC_ASSERT(normalise(*once, local) == once);
    }));
}
