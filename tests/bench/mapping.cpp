// mapping: what the mapping core costs: a rendition of 4 KB, a word diff of two texts of 100 KB, a follow-up. Prints
// one line each.
//
// Goals of the project: a rendition under 30 µs, a diff under 50 ms, on one core.
#include "gateway/mapping/follow_up.h"
#include "gateway/mapping/language.h"
#include "gateway/mapping/mail_out.h"
#include "gateway/mapping/word_diff.h"
#include "mime/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <random>

using namespace gateway::mapping;

namespace {

// Processor time: whatever else runs on the machine does not count.
double microseconds()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

// Lines of words, as people write them; the same for the same seed.
std::string text_of(std::size_t octets, unsigned seed)
{
    std::mt19937 random(seed);
    std::string text;
    while (text.size() < octets) {
        const auto words = 5 + random() % 10;
        for (std::size_t i = 0; i < words; ++i) {
            if (i > 0) text += ' ';
            for (auto letters = 2 + random() % 7; letters > 0; --letters)
                text += static_cast<char>('a' + random() % 26);
        }
        text += random() % 6 == 0 ? ".\n\n" : "\n";
    }
    return text;
}

// Every so many words another one.
std::string edited_text(const std::string& text, std::size_t every)
{
    std::string out;
    std::size_t word = 0;
    for (const char c : text) {
        if (c == ' ' && ++word % every == 0) out += " changed";
        out += c;
    }
    return out;
}

// A third of the paragraphs in another place.
std::string moved_text(const std::string& text)
{
    const auto cut = text.find("\n\n", text.size() / 3) + 2;
    return text.substr(cut) + text.substr(0, cut);
}

template <class Work>
void measure(const char* what, int rounds, Work work)
{
    std::vector<double> times;
    std::size_t octets = 0;
    for (int i = 0; i < rounds; ++i) {
        const auto start = microseconds();
        octets += work();
        times.push_back(microseconds() - start);
    }
    std::sort(times.begin(), times.end());
    fmt::print("{:<46} median {:>10.1f} µs  best {:>10.1f} µs  ({} rounds, {} octets)\n", what, times[times.size() / 2],
        times.front(), rounds, octets);
}

Rendering rendering(std::size_t octets)
{
    Rendering out;
    out.id = {"0192f0c1-7a3b-7c11-8d22-3e4f50617283", "one.test"};
    out.message_id = out.id.str();
    out.from = {"alice@one.test", email2::Class::native, "Alice Ångström"};
    for (const auto* address : {"alice@one.test", "bob@one.test", "carol@legacy.test"})
        out.list.push_back({.person = {.address = address}});
    out.content = {.subject = "Minutes of the board", .body = {.text = text_of(octets, 1)}};
    return out;
}

}  // namespace

int main()
{
    const auto small = rendering(4096);
    measure("rendition of 4 KB", 5000, [&] { return render(small, {}, {}).size(); });
    auto accented = small;
    for (std::size_t at = 0; at < accented.content.body.text.size(); at += 40)
        accented.content.body.text.replace(at, 1, "ü");
    measure("rendition of 4 KB, quoted-printable", 5000, [&] { return render(accented, {}, {}).size(); });
    const auto bytes = render(small, {}, {});
    measure(
        "language of a mail of 4 KB", 5000, [&] { return language_of(mime::parse(bytes), bytes, "a@x.test").size(); });

    const auto before = text_of(100'000, 2), other = text_of(100'000, 3);
    for (const auto& [what, after] : {std::pair{"diff of 100 KB, every 20th word added", edited_text(before, 20)},
             std::pair{"diff of 100 KB, every 3rd word added", edited_text(before, 3)},
             std::pair{"diff of 100 KB, a third moved", moved_text(before)},
             std::pair{"diff of 100 KB, nothing in common", other}})
        measure(what, 30, [&] { return as_html(word_diff(before, after)).size(); });
    return 0;
}
