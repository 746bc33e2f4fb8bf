// mime_address: any octets as a list of addresses, or of message ids.
#include "mime/header.h"
#include "mime/utf8.h"

#include <cstdlib>

namespace {

void require(bool holds)
{
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view raw(reinterpret_cast<const char*>(data), size);
    for (const auto& address : mime::parse_addresses(raw)) {
        require(mime::is_utf8(address.display_name) && mime::is_utf8(address.spec()) && mime::is_utf8(address.group));
        const auto written = mime::encode_address(address);
        require(written.find_first_of(std::string_view("\0", 1)) == std::string::npos);
        for (std::size_t i = 0; i < written.size(); ++i)  // line ends only as folds
            if (written[i] == '\n')
                require(i > 0 && written[i - 1] == '\r' && i + 1 < written.size() && written[i + 1] == ' ');
        const auto again = mime::parse_addresses(written);
        require(again.size() == 1);
        require(again[0].spec() == address.spec());
    }
    for (const auto& id : mime::parse_message_ids(raw))
        require(mime::is_utf8(id) && id.find_first_of("\r\n") == std::string::npos);
    return 0;
}
