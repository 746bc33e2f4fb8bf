// imap_session: any octets as a client's side of a whole session, logged in with a mail at hand.
#include "../imap/house.h"
#include "../imap/memory_mailboxes.cpp"
#include "../imap/memory_search.cpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    using namespace imap::test;
    static const std::string mail =
        "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\n"
        "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninside\r\n--b--\r\n";
    auto settings = quick_settings();
    settings.limits.append = 100000;
    settings.limits.swallowed_command = 100000;
    settings.limits.swallowed_append = 100000;
    House house{settings};
    house.store.add("INBOX", mail);
    house.store.add("INBOX", mail, imap::seen);
    auto& guest = house.connect();
    if (size > 0 && data[0] % 4 != 0) house.say(guest, "a LOGIN alice secret\r\nb SELECT INBOX\r\n");
    // In two pieces, so that commands are cut, too.
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto cut = size > 1 ? data[1] % size : 0;
    house.say(guest, text.substr(0, cut));
    house.say(guest, text.substr(cut));
    return 0;
}
