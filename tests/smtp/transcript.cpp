// transcript: a conversation in a text file, for a session over a scripted wire.
#include "transcript.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace test {
namespace {

// "\{5000 x}": from the brace on; moves i to the closing one.
std::string repeated(const std::string& text, std::size_t& i)
{
    const auto space = text.find(' ', i);
    const auto end = text.find('}', space);
    const auto count = std::stoul(text.substr(i + 1, space - i - 1));
    const auto unit = text.substr(space + 1, end - space - 1);
    std::string out;
    for (std::size_t k = 0; k < count; ++k) out += unit;
    i = end;
    return out;
}

std::string unescaped(const std::string& text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        switch (text.at(++i)) {
        case 'r': out += '\r'; break;
        case 'n': out += '\n'; break;
        case '0': out += '\0'; break;
        case '\\': out += '\\'; break;
        case '{': out += repeated(text, i); break;
        case 'x':
            out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
            break;
        default: throw std::runtime_error("unknown escape in: " + text);
        }
    }
    return out;
}

std::string with_number(std::string text, int n)
{
    for (auto at = text.find("$n"); at != std::string::npos; at = text.find("$n"))
        text.replace(at, 2, std::to_string(n));
    return text;
}

Event event_of(const std::string& word)
{
    if (word == "close") return Event::close;
    if (word == "silence") return Event::silence;
    if (word == "drain") return Event::drain;
    throw std::runtime_error("unknown event: " + word);
}

class Reader {
public:
    Reader(Transcript& transcript, Side side) : transcript_(transcript), side_(side) {}

    void line(const std::string& line)
    {
        if (line.empty() || line[0] == '#') return;
        const auto rest = [&](std::size_t from) { return line.size() > from ? line.substr(from) : std::string(); };
        switch (line[0]) {
        case '@': transcript_.directives.push_back(rest(2)); break;
        case 'E': transcript_.ending = rest(3); break;
        case 'M': transcript_.mails.push_back(unescaped(rest(3))); break;
        case 'R': transcript_.results.push_back(unescaped(rest(3))); break;
        case 'S':
        case 'C':
            if ((line[0] == 'S') == (side_ == Side::server)) expect(line);
            else send(line);
            break;
        default: throw std::runtime_error("what is this? " + line);
        }
    }

    void end()
    {
        close_turn();
        transcript_.expected_last = turn_.expected;
    }

private:
    // "X: text" or "X*12: text"
    static std::pair<int, std::string> counted(const std::string& line)
    {
        const auto colon = line.find_first_of(":-.");
        const int count = line[1] == '*' ? std::stoi(line.substr(2)) : 1;
        return {count, line.size() > colon + 2 ? line.substr(colon + 2) : ""};
    }

    void expect(const std::string& line)
    {
        close_turn();
        const auto [count, text] = counted(line);
        for (int n = 1; n <= count; ++n)
            turn_.expected += with_number(unescaped(text), n) + (line[1] == '-' ? "" : "\r\n");
    }

    void send(const std::string& line)
    {
        const auto [count, text] = counted(line);
        if (line[1] == '.') {
            close_turn();
            turn_.event = event_of(text);
            close_turn();
            return;
        }
        for (int n = 1; n <= count; ++n) turn_.sent += with_number(unescaped(text), n) + (line[1] == '-' ? "" : "\r\n");
    }

    void close_turn()
    {
        if (turn_.sent.empty() && turn_.event == Event::none) return;
        transcript_.turns.push_back(std::exchange(turn_, {}));
    }

    Transcript& transcript_;
    Side side_;
    Turn turn_;
};

}  // namespace

Transcript read_transcript(const std::string& path, Side side)
{
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    Transcript transcript;
    transcript.name = std::filesystem::path(path).filename().string();
    Reader reader(transcript, side);
    for (std::string line; std::getline(file, line);) reader.line(line);
    reader.end();
    return transcript;
}

std::vector<std::string> transcript_files(const std::string& folder)
{
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".txt") files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    return files;
}

std::string shown(const std::string& bytes)
{
    std::string out;
    for (const char c : bytes.substr(0, 4000)) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '\r') out += "\\r";
        else if (c == '\n') out += "\\n\n";
        else if (octet < 0x20 || octet == 0x7F) out += fmt::format("\\x{:02x}", octet);
        else out += c;
    }
    return out + (bytes.size() > 4000 ? fmt::format("… ({} octets)", bytes.size()) : "");
}

}  // namespace test
