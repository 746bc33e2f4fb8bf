#include "gateway/boxes/find.h"

#include "gateway/boxes/maildir.h"
#include "imap/mailbox_name.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace gateway::boxes {

namespace fs = std::filesystem;

namespace {

constexpr int deepest = 20;  // levels of directories: a loop of links ends

std::string below(const std::string& into, const std::string& name)
{
    if (into.empty()) return name;
    return name.empty() || name == "INBOX" ? into : into + "/" + name;
}

std::string without(std::string name, std::string_view suffix)
{
    if (name.ends_with(suffix) && name.size() > suffix.size()) name.resize(name.size() - suffix.size());
    return name;
}

bool is_mbox(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    char first[5] = {};
    return in.read(first, sizeof first) && std::string_view(first, sizeof first) == "From ";
}

struct Search {
    std::string into;
    std::vector<Found> found;

    void add(const std::string& name, const fs::path& path, bool maildir)
    {
        found.push_back({imap::normal_mailbox(below(into, name.empty() ? "INBOX" : name)), path.string(), maildir});
    }

    void look(const fs::path& directory, const std::string& name, int depth)
    {
        if (depth > deepest) return;
        const bool maildir = is_maildir(directory.string());
        if (maildir) add(name, directory, true);
        std::error_code error;
        for (fs::directory_iterator it(directory, error), end; it != end && !error; it.increment(error)) {
            const auto own = it->path().filename().string();
            std::error_code none;
            if (it->is_directory(none)) {
                if (maildir && (own == "cur" || own == "new" || own == "tmp")) continue;
                if (own.starts_with('.')) {
                    if (is_maildir(it->path().string()))
                        add(below(name, name_of_maildir_folder(own)), it->path(), true);
                } else {
                    look(it->path(), below(name, without(own, ".sbd")), depth + 1);
                }
            } else if (!own.starts_with('.') && it->is_regular_file(none) && is_mbox(it->path())) {
                add(below(name, without(own, ".mbox")), it->path(), false);
            }
        }
        if (error && depth == 0) throw Unreadable(directory.string() + ": " + error.message());
    }
};

}  // namespace

std::vector<Found> find(const std::string& path, const std::string& into)
{
    std::error_code error;
    Search search{into, {}};
    const auto whole = fs::canonical(path, error);  // the same folder by another name is the same
    if (error) throw Unreadable(path + ": " + error.message());
    if (fs::is_directory(whole)) search.look(whole, "", 0);
    else search.add("", whole, false);
    if (search.found.empty()) throw Unreadable(path + ": there is no Maildir and no mbox");
    std::sort(
        search.found.begin(), search.found.end(), [](const Found& a, const Found& b) { return a.folder < b.folder; });
    return search.found;
}

std::unique_ptr<Source> open(const Found& found, std::uint64_t largest, Dialect dialect)
{
    if (found.maildir) return std::make_unique<MaildirSource>(found.path, largest);
    return std::make_unique<MboxSource>(found.path, largest, dialect);
}

}  // namespace gateway::boxes
