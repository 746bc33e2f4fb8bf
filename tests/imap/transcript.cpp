// transcript: dialogues in files, played on sessions in memory or on a real server.
#include "transcript.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace imap::test {

namespace {

struct Step {
    int number = 0;  // line in the file
    int connection = 1;
    char who = 'C';
    char kind = ':';
    std::string text;
};

std::vector<Step> steps_of(std::string_view transcript)
{
    std::vector<Step> out;
    std::istringstream in{std::string{transcript}};
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (line.empty() || line[0] == '#') continue;
        Step step{number};
        if (line.size() > 2 && line[1] == ' ' && line[0] >= '1' && line[0] <= '9') {
            step.connection = line[0] - '0';
            line.erase(0, 2);
        }
        step.who = line[0];
        step.kind = line[1];
        step.text = line.size() > 3 ? line.substr(3) : "";
        out.push_back(step);
    }
    return out;
}

bool word_char(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Matches with backtracking over `...` only; captures are tried on a copy.
bool matches(std::string_view pattern, std::string_view line, std::map<std::string, std::string>& captures)
{
    if (pattern.empty()) return line.empty();
    if (pattern.starts_with("...")) {
        for (std::size_t skip = 0; skip <= line.size(); ++skip) {
            auto attempt = captures;
            if (matches(pattern.substr(3), line.substr(skip), attempt)) {
                captures = attempt;
                return true;
            }
        }
        return false;
    }
    if (pattern.size() > 1 && pattern[0] == '$' && std::islower(static_cast<unsigned char>(pattern[1])) != 0) {
        std::size_t end = 1;
        while (end < pattern.size() && word_char(pattern[end])) ++end;
        const std::string name{pattern.substr(1, end - 1)};
        const auto known = captures.find(name);
        if (known != captures.end()) {
            return line.starts_with(known->second) &&
                   matches(pattern.substr(end), line.substr(known->second.size()), captures);
        }
        std::size_t length = 0;
        while (length < line.size() && word_char(line[length])) ++length;
        if (length == 0) return false;
        captures[name] = line.substr(0, length);
        return matches(pattern.substr(end), line.substr(length), captures);
    }
    return !line.empty() && line[0] == pattern[0] && matches(pattern.substr(1), line.substr(1), captures);
}

std::string filled(std::string text, const std::map<std::string, std::string>& captures)
{
    for (const auto& [name, value] : captures) {
        const auto key = "$" + name;
        for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at + value.size()))
            text.replace(at, key.size(), value);
    }
    return text;
}

class Playing {
public:
    Playing(std::string_view transcript, const Player& player) : steps_{steps_of(transcript)}, player_{player}
    {
        raw_ = transcript.find("# raw") != std::string_view::npos;
    }

    std::string run()
    {
        if (player_.foreign && !raw_) clean();
        while (at_ < steps_.size() && error_.empty()) {
            const auto& step = steps_[at_];
            if (step.who == 'C') {
                speak();
            } else if (step.kind == '~') {
                listen_unordered();
            } else {
                expect(step);
                ++at_;
            }
        }
        return error_;
    }

private:
    Line& line(int connection)
    {
        auto& line = lines_[connection];
        if (!line) {
            line = player_.connect();
            if (!raw_) {
                bool ended = false;
                (void)line->receive(ended);
                command(*line, fmt::format("in LOGIN {} {}", player_.user, player_.password));
            }
        }
        return *line;
    }

    // A command whose answer does not matter.
    void command(Line& line, const std::string& text)
    {
        const auto tag = text.substr(0, text.find(' ')) + ' ';
        line.send(text + "\r\n");
        for (bool ended = false; !ended;) {
            if (line.receive(ended).starts_with(tag)) return;
        }
    }

    void clean()
    {
        auto& line = this->line(1);
        command(line, "x SELECT INBOX");
        command(line, "x STORE 1:* +FLAGS.SILENT (\\Deleted)");
        command(line, "x CLOSE");
        for (const auto* name : {"Box/Child", "Box", "Other"}) {
            command(line, fmt::format("x DELETE {}", name));
            command(line, fmt::format("x UNSUBSCRIBE {}", name));
        }
        lines_.clear();
    }

    void speak()
    {
        const auto step = steps_[at_++];
        auto& to = line(step.connection);
        auto text = filled(step.text, captures_);
        const bool waits = text.ends_with("{}");
        if (!waits && !text.ends_with("{+}")) return to.send(text + "\r\n");
        std::string body, after;
        while (at_ < steps_.size() && steps_[at_].kind == '|') body += steps_[at_++].text + "\r\n";
        if (at_ < steps_.size() && steps_[at_].kind == '>') after = steps_[at_++].text;
        text.resize(text.rfind('{'));
        to.send(fmt::format("{}{{{}{}}}\r\n", text, body.size(), waits ? "" : "+"));
        if (waits) {
            bool ended = false;
            const auto answer = to.receive(ended);
            if (!answer.starts_with("+")) return fail(step, "no continuation: " + answer);
        }
        to.send(body + after + "\r\n");
    }

    // What another server may add.
    static bool chatter(std::string_view line)
    {
        return line.starts_with("* OK") || line.starts_with("* FLAGS") || line.ends_with(" RECENT") ||
               line.ends_with(" EXISTS");
    }

    void expect(const Step& step)
    {
        auto& from = line(step.connection);
        for (;;) {
            bool ended = false;
            const auto got = from.receive(ended);
            auto attempt = captures_;
            if (!ended && matches(step.text, got, attempt)) {
                captures_ = attempt;
                return;
            }
            if (!ended && (step.kind == '*' || (player_.foreign && chatter(got)))) continue;
            return fail(step, ended ? "nothing" : got);
        }
    }

    void listen_unordered()
    {
        std::vector<Step> expected;
        while (at_ < steps_.size() && steps_[at_].who == 'S' && steps_[at_].kind == '~')
            expected.push_back(steps_[at_++]);
        while (!expected.empty()) {
            bool ended = false;
            const auto got = line(expected.front().connection).receive(ended);
            const auto found = std::ranges::find_if(expected, [&](const Step& step) {
                auto attempt = captures_;
                if (!matches(step.text, got, attempt)) return false;
                captures_ = attempt;
                return true;
            });
            if (found != expected.end()) {
                expected.erase(found);
            } else if (ended || !(player_.foreign && chatter(got))) {
                return fail(expected.front(), ended ? "nothing" : got);
            }
        }
    }

    void fail(const Step& step, const std::string& got)
    {
        error_ = fmt::format("line {}: expected \"{}\", got \"{}\"", step.number, filled(step.text, captures_), got);
    }

    std::vector<Step> steps_;
    const Player& player_;
    std::size_t at_ = 0;
    std::map<int, std::unique_ptr<Line>> lines_;
    std::map<std::string, std::string> captures_;
    std::string error_;
    bool raw_ = false;
};

}  // namespace

Played play(std::string_view transcript, const Player& player)
{
    if (player.foreign && transcript.find("# only ours") != std::string_view::npos) return {{}, true};
    return {Playing{transcript, player}.run()};
}

std::vector<std::string> transcript_files()
{
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator{TEST_FOLDER "/transcripts"}) {
        if (entry.path().extension() == ".txt") out.push_back(entry.path().string());
    }
    std::ranges::sort(out);
    return out;
}

std::string read_file(const std::string& path)
{
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace imap::test
