// mime_header: any octets as the value of each kind of header field.
#include "mime/fold.h"
#include "mime/header.h"
#include "mime/parameters.h"
#include "mime/utf8.h"

#include <cstdlib>

namespace {

void require(bool holds)
{
    if (!holds) std::abort();
}

// No line end but folds, nothing beyond ASCII.
bool is_header_value(std::string_view value)
{
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value.substr(i, 3) == "\r\n ") {
            i += 2;
            continue;
        }
        if (value[i] == '\r' || value[i] == '\n' || static_cast<unsigned char>(value[i]) >= 0x80) return false;
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view raw(reinterpret_cast<const char*>(data), size);
    const std::string text = mime::decode_text(raw);
    require(mime::is_utf8(text));
    require(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    const std::string encoded = mime::encode_text(raw, 10);
    require(is_header_value(encoded));
    if (text.size() < 20'000) require(mime::decode_text(mime::encode_text(text, 10)) == text);
    for (const mime::Address& address : mime::parse_addresses(raw)) {
        require(mime::is_utf8(address.display_name) && mime::is_utf8(address.spec()) && mime::is_utf8(address.group));
        require(mime::encode_address(address).find('\0') == std::string::npos);
        require(mime::parse_addresses(mime::encode_address(address)).size() == 1);
    }
    for (const std::string& id : mime::parse_message_ids(raw)) require(mime::is_utf8(id));
    if (const auto date = mime::parse_date(raw)) (void)mime::format_date(*date);
    bool valid = true;
    for (const auto& [name, value] : mime::parse_content_type(raw, 200, valid).parameters)
        require(name == "boundary" || mime::is_utf8(value));
    (void)mime::parse_disposition(raw, 200);
    (void)mime::parse_transfer_encoding(raw);
    const std::string folded = mime::fold(text);
    require(mime::fold(folded) == folded);
    return 0;
}
