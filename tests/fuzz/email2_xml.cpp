// email2_xml: any bytes as any document: no crash, and what reads is written and read as the same
// text; what does not is refused with the path of what is wrong.
#include "email2/told.h"
#include "email2/xml.h"

#include <cstdlib>

using namespace email2;

namespace {

template <class T>
void round(std::string_view input, Result<T> (*read)(std::string_view))
{
    const auto value = read(input);
    if (!value) {
        if (value.error().code == Code::invalid && value.error().path.empty()) std::abort();
        return;
    }
    const auto text = write(*value);
    const auto again = read(text);
    if (!again || write(*again) != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    round<Publication>(input, &read_publication);
    round<Message>(input, &read_message);
    round<ToList>(input, &read_to_list);
    round<ListChange>(input, &read_change);
    round<Filing>(input, &read_filing);
    round<Folder>(input, &read_folder);
    round<Folders>(input, &read_folders);
    round<Token>(input, &read_token);
    round<std::vector<Token>>(input, &read_tokens);
    round<Event>(input, &read_event);
    round<ToldEvent>(input, &read_told_event);
    round<Reference>(input, &read_reference);
    round<History>(input, &read_history);
    round<References>(input, &read_references);
    round<Events>(input, &read_events);
    round<Error>(input, &read_error);
    return 0;
}
