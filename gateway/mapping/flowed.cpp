// flowed: RFC 3676 4.1 to 4.5.

#include "gateway/mapping/flowed.h"

#include "mime/flowed.h"

#include <algorithm>

namespace gateway::mapping {
namespace {

constexpr std::size_t longest_plain_line = 78;  // RFC 5322 2.1.1

// Calls `each` with every line, without its line end; a last empty one stands for a text that ends
// with a line end.
template <class Each>
void for_each_line(std::string_view text, Each each)
{
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        each(text.substr(at, end - at), end == text.size());
        at = end + 1;
    }
}

class Unflow {
public:
    explicit Unflow(bool del_sp) : del_sp_(del_sp) {}

    void line(std::string_view line, bool last)
    {
        const auto depth = std::min(line.find_first_not_of('>'), line.size());
        line.remove_prefix(depth);
        if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
        const bool signature = line == "-- ";
        // A paragraph ends where the depth of quoting changes or a signature begins, soft break or
        // not (4.5).
        if (open_ && (depth != depth_ || signature)) end_paragraph();
        if (!open_ && depth > 0) text_.append(depth, '>').append(line.empty() ? "" : " ");
        depth_ = depth;
        open_ = !signature && !line.empty() && line.back() == ' ' && !last;
        if (open_ && del_sp_) line.remove_suffix(1);
        text_ += line;
        if (!open_ && !last) text_ += '\n';
    }

    std::string take() { return std::move(text_); }

private:
    void end_paragraph()
    {
        text_ += '\n';
        open_ = false;
    }

    std::string text_;
    std::size_t depth_ = 0;
    bool del_sp_;
    bool open_ = false;  // the last line broke softly
};

}  // namespace

std::string unflowed(std::string_view text, bool del_sp)
{
    Unflow unflow(del_sp);
    for_each_line(text, [&](std::string_view line, bool last) { unflow.line(line, last); });
    return unflow.take();
}

bool worth_flowing(std::string_view text)
{
    bool pays = false;
    for_each_line(text, [&](std::string_view line, bool) { pays = pays || line.size() > longest_plain_line; });
    return pays && unflowed(mime::to_flowed(text), false) == text;
}

}  // namespace gateway::mapping
