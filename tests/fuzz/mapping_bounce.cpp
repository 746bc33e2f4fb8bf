// mapping_bounce: any octets as a mail that may be a bounce, as the fields of a report, and as what
// a daemon says.
#include "gateway/mapping/bounce.h"
#include "gateway/mapping/limits.h"

#include <cstdlib>
#include <string>

namespace {

void require(bool holds)
{
    if (!holds) std::abort();
}

void bounce(const std::string& bytes)
{
    const auto recipients = gateway::mapping::read_bounce(mime::parse(bytes), bytes);
    if (!recipients) return;
    require(!recipients->empty() && recipients->size() <= gateway::mapping::limits::bounce_recipients);
    for (const auto& each : *recipients) {
        const auto& status = each.failure.status;
        require(status.size() >= 5 && (status[0] == '2' || status[0] == '4' || status[0] == '5') && status[1] == '.');
        require(each.failure.text.find_first_of("\r\n") == std::string::npos);
        require(each.address.find_first_of("\r\n ") == std::string::npos);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string octets(reinterpret_cast<const char*>(data), size);
    bounce(octets);
    bounce("Content-Type: multipart/report; report-type=delivery-status; "
           "boundary=\"=_b\"\r\n\r\n--=_b\r\n"
           "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.test\r\n\r\n" +
           octets + "\r\n--=_b--\r\n");
    bounce("From: MAILER-DAEMON@a.test\r\nSubject: failure notice\r\n\r\n" + octets);
    return 0;
}
