#include "gateway/boxes/maildir.h"

#include "gateway/boxes/line_ends.h"
#include "imap/mailbox_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace gateway::boxes {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::pair<char, std::int64_t>, 5> flag_letters{
    {{'D', draft}, {'F', flagged}, {'R', answered}, {'S', seen}, {'T', deleted}}};
constexpr const char* forwarded = "$Forwarded";  // Maildir's P, "passed"
constexpr std::string_view dot = "&AC4-";

// The number behind ",W=" or another letter.
std::optional<std::uint64_t> size_in_name(std::string_view base, std::string_view key)
{
    const auto at = base.find(key);
    if (at == base.npos) return std::nullopt;
    std::uint64_t value = 0;
    const auto* from = base.data() + at + key.size();
    const auto [stop, error] = std::from_chars(from, base.data() + base.size(), value);
    return error == std::errc{} && stop != from ? std::optional(value) : std::nullopt;
}

std::string replaced(std::string text, std::string_view what, std::string_view by)
{
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

}  // namespace

bool is_maildir(const std::string& path)
{
    std::error_code none;
    return fs::is_directory(path + "/cur", none);
}

MaildirSource::MaildirSource(std::string path, std::uint64_t largest) : path_(std::move(path)), largest_(largest)
{
    std::ifstream names(path_ + "/dovecot-keywords");
    for (std::size_t letter = 0; names >> letter && letter < 26;) {
        keywords_.resize(std::max(keywords_.size(), letter + 1));
        names >> keywords_[letter];
    }
    scan("cur");
    scan("new");
    std::sort(files_.begin(), files_.end(),
        [](const File& a, const File& b) { return std::tie(a.seconds, a.base) < std::tie(b.seconds, b.base); });
}

void MaildirSource::scan(const char* folder)
{
    std::error_code error;
    for (fs::directory_iterator it(path_ + "/" + folder, error), end; it != end && !error; it.increment(error)) {
        const auto name = it->path().filename().string();
        std::error_code gone;
        if (name.starts_with('.') || !it->is_regular_file(gone)) continue;
        File file{0, name.substr(0, name.rfind(":2,")), std::string(folder) + "/" + name, it->file_size(gone)};
        if (gone) continue;
        std::from_chars(name.data(), name.data() + name.size(), file.seconds);
        total_ += file.size;
        files_.push_back(std::move(file));
    }
    if (error && std::string_view(folder) == "cur")
        throw Unreadable(fmt::format("{}/{}: {}", path_, folder, error.message()));
}

void MaildirSource::read(const File& file, Mail& mail) const
{
    // Another program may have changed the flags, and so the name, since the names were read: then it is found by its
    // base.
    auto path = path_ + "/" + file.path;
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(path_ + "/cur", none))
            if (entry.path().filename().string().starts_with(file.base)) path = entry.path().string();
        if (::stat(path.c_str(), &status) != 0) {
            mail.problem = "gone meanwhile";
            return;
        }
    }
    using namespace std::chrono;
    mail.delivered = Time(floor<milliseconds>(seconds(status.st_mtim.tv_sec) + nanoseconds(status.st_mtim.tv_nsec)));
    const auto info = path.rfind(":2,");
    for (const char letter : info == path.npos ? std::string() : path.substr(info + 3)) {
        for (const auto& [known, flag] : flag_letters)
            if (letter == known) mail.flags |= flag;
        if (letter == 'P') mail.keywords.emplace_back(forwarded);
        const auto place = static_cast<std::size_t>(letter - 'a');
        if (letter >= 'a' && letter <= 'z' && place < keywords_.size() && !keywords_[place].empty())
            mail.keywords.push_back(keywords_[place]);
    }
    if (file.size > largest_) {
        mail.problem = "larger than limits.message_size";
        return;
    }
    std::ifstream in(path, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    if (in.bad() || (!in.is_open())) {
        mail.problem = "cannot be read";
        return;
    }
    const auto size = size_in_name(file.base, ",W=");
    mail.bytes = size == bytes.size() ? std::move(bytes) : to_crlf(bytes);
    if (mail.bytes.empty()) mail.problem = "empty";
    if (mail.bytes.size() > largest_) mail.problem = "larger than limits.message_size";
}

bool MaildirSource::next(Mail& mail)
{
    if (next_ == files_.size()) return false;
    const auto& file = files_[next_++];
    done_ += file.size;
    mail = {};
    mail.label = path_ + "/" + file.path;
    read(file, mail);
    return true;
}

std::string MaildirSource::position() const
{
    return next_ == 0 ? "" : files_[next_ - 1].base;
}

bool MaildirSource::resume(const std::string& position)
{
    const auto found =
        std::find_if(files_.begin(), files_.end(), [&](const File& file) { return file.base == position; });
    if (found == files_.end()) return false;
    next_ = static_cast<std::size_t>(found - files_.begin()) + 1;
    for (std::size_t i = 0; i < next_; ++i) done_ += files_[i].size;
    return true;
}

std::string KeywordLetters::letters(const std::vector<std::string>& keywords)
{
    std::string out;
    for (const auto& keyword : keywords) {
        if (keyword == forwarded) continue;
        const auto found = std::find(names_.begin(), names_.end(), keyword);
        const auto place = found - names_.begin();
        if (place == 26) continue;  // no letter is left
        if (found == names_.end()) names_.push_back(keyword);
        out += static_cast<char>('a' + place);
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::string KeywordLetters::file() const
{
    std::string out;
    for (std::size_t i = 0; i < names_.size(); ++i) out += fmt::format("{} {}\n", i, names_[i]);
    return out;
}

MaildirFile maildir_file(const Mail& mail, std::string_view unique, KeywordLetters& keywords)
{
    MaildirFile out;
    out.bytes = survives_lf(mail.bytes) ? to_lf(mail.bytes) : mail.bytes;
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(mail.delivered.value_or(Time{})).time_since_epoch().count();
    out.base = fmt::format("cur/{}.{},S={},W={}", seconds, unique, out.bytes.size(), mail.bytes.size());
    out.suffix = ":2,";
    for (const auto& [letter, flag] : flag_letters) {
        if (letter == 'R' && std::find(mail.keywords.begin(), mail.keywords.end(), forwarded) != mail.keywords.end())
            out.suffix += 'P';
        if (mail.flags & flag) out.suffix += letter;
    }
    out.suffix += keywords.letters(mail.keywords);
    return out;
}

std::string maildir_folder(std::string_view name)
{
    if (name == "INBOX") return "";
    return "." + replaced(replaced(imap::encode_mailbox(name), ".", dot), "/", ".");
}

std::string name_of_maildir_folder(std::string_view folder)
{
    if (folder.starts_with('.')) folder.remove_prefix(1);
    if (folder.empty()) return "INBOX";
    auto wire = replaced(std::string(folder), ".", "/");
    const auto decoded = imap::decode_mailbox(replaced(wire, dot, "."));
    return imap::normal_mailbox(decoded.value_or(wire));
}

}  // namespace gateway::boxes
