// xml_properties_test: whatever is written reads back as it was.
#include "email2/text.h"
#include "email2/xml.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace email2;

namespace {

template <class T>
rc::Gen<T> one_of(std::vector<T> values)
{
    return rc::gen::elementOf(std::move(values));
}

// Text as XML carries it: what writing would change is changed already.
std::string text()
{
    const auto character =
        rc::gen::weightedOneOf<std::string>({{8, rc::gen::map(rc::gen::inRange<int>(0x20, 0x7F),
                                                     [](int c) { return std::string(1, static_cast<char>(c)); })},
            {2, one_of<std::string>({"<", ">", "&", "\"", "'", "]]>", "\t", "\n", "\r", "\r\n", " "})},
            {2, one_of<std::string>({"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD"})},
            {1, one_of<std::string>(
                    {std::string(1, '\0'), "\x01", "\x1B", "\xFF", "\xC0\x80", "\xED\xA0\x80", "\xEF\xBF\xBF"})}});
    std::string result;
    for (const auto& piece : *rc::gen::container<std::vector<std::string>>(character)) result += piece;
    return xml_text(result);
}

std::string some_text()
{
    return "x" + text();
}

Name name()
{
    return {*one_of<std::string>({"0192f0c1-7a00-7000-8000-000000000002", "0192ee00-7a00-7000-8000-00000000000a"}),
        *one_of<std::string>({"one.test", "xn--bcher-kva.test"})};
}

Time time()
{
    return Time{std::chrono::milliseconds{*rc::gen::inRange<std::int64_t>(-62'000'000'000'000, 253'000'000'000'000)}};
}

bool coin()
{
    return *rc::gen::arbitrary<bool>();
}

template <class Enum>
Enum value(int count)
{
    return static_cast<Enum>(*rc::gen::inRange(0, count));
}

std::string sha256()
{
    return std::string(64, *rc::gen::elementOf(std::string("0123456789abcdef")));
}

Person person()
{
    return {text(), value<Class>(3), text()};
}

Delivery delivery()
{
    Delivery result{value<DeliveryState>(7), time(), {}};
    if (coin()) result.failure = Failure{text(), text(), text(), text()};
    return result;
}

ToList to_list()
{
    ToList list;
    list.inherit = coin();
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
        Entry entry{person(), value<Role>(3), value<Membership>(3), {}};
        if (coin()) entry.delivery = delivery();
        list.entries.push_back(std::move(entry));
    }
    return list;
}

Part part(int depth)
{
    Part result;
    result.type = some_text();
    result.name = text();
    result.disposition = text();
    result.content_id = text();
    if (coin()) {
        result.sha256 = sha256();
        result.size = *rc::gen::arbitrary<std::uint64_t>();
    }
    if (depth > 0 && coin())
        for (int i = *rc::gen::inRange(1, 4); i > 0; --i) result.parts.push_back(part(depth - 1));
    else result.text = text();
    return result;
}

Content content()
{
    return {text(), part(4)};
}

Message message()
{
    Message m;
    m.id = name();
    m.revision = *rc::gen::arbitrary<std::uint32_t>();
    m.thread = name();
    if (coin()) m.parents.push_back(name().str());
    if (coin()) m.parents.push_back("mid:" + std::to_string(*rc::gen::arbitrary<int>()) + "<&>@x");
    m.from = person();
    m.proof = value<Proof>(5);
    m.created = time();
    if (coin()) {
        m.edited = time();
        m.edited_by = text();
    }
    m.draft = coin();
    m.state = value<State>(3);
    m.to = to_list();
    if (m.state != State::withdrawn) m.content = content();
    if (coin())
        m.origin = Origin{text(), sha256(), *rc::gen::arbitrary<std::uint64_t>(), text(), text(), text(), text(),
            *rc::gen::container<std::vector<std::string>>(
                rc::gen::element<std::string>("unknown-charset", "nul", "bad-base64"))};
    return m;
}

template <class T>
void check_identity(const T& value, Result<T> (*read)(std::string_view))
{
    const auto xml = write(value);
    const auto again = read(xml);
    if (!again) RC_FAIL(again.error().path + ": " + again.error().text + "\n" + xml);
    RC_ASSERT(write(*again) == xml);
    RC_ASSERT(*again == value);
}

}  // namespace

TEST_CASE("a message written and read is the same message")
{
    CHECK(rc::check([] { check_identity<Message>(message(), &read_message); }));
}

TEST_CASE("a list, a reference, an event and an error are the same after writing and reading")
{
    CHECK(rc::check([] { check_identity<ToList>(to_list(), &read_to_list); }));
    CHECK(rc::check([] {
        Reference r{
            name(), name(), *rc::gen::arbitrary<std::uint32_t>(), text(), {}, text(), person(), time(), 7, text(), 9};
        for (int i = *rc::gen::inRange(0, 3); i > 0; --i) r.flags.push_back(text());
        check_identity<Reference>(r, &read_reference);
    }));
    CHECK(rc::check([] {
        check_identity<Event>(
            {*rc::gen::arbitrary<std::uint64_t>(), name(), 1, value<EventKind>(13), text(), time()}, &read_event);
    }));
    CHECK(rc::check([] {
        check_identity<Error>({value<Code>(9), text(), text(), *rc::gen::arbitrary<std::uint64_t>()}, &read_error);
    }));
}

TEST_CASE("a history is the same after writing and reading")
{
    CHECK(rc::check([] {
        History history{name(), {}};
        for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
            Revision revision{*rc::gen::arbitrary<std::uint32_t>(), time(), text(), coin(), {}};
            if (coin()) revision.content = content();
            history.revisions.push_back(std::move(revision));
        }
        const auto again = read_history(write(history));
        RC_ASSERT(again.has_value());
        RC_ASSERT(again->revisions == history.revisions);
    }));
}

TEST_CASE("whatever bytes a message holds, what is written is valid")
{
    CHECK(rc::check([](const std::string& subject, const std::string& body, const std::string& address) {
        Message m;
        m.id = m.thread = Name{"0192f0c1-7a00-7000-8000-000000000002", "one.test"};
        m.content.subject = subject;
        m.content.body.text = body;
        m.content.body.type = body;
        m.from.address = address;
        m.to.entries = {Entry{Person{address, Class::smtp, subject}, Role::to, Membership::in, {}}};
        RC_ASSERT(validate(write(m)).has_value());
    }));
}
