#include "gateway/cli/transfer.h"

#include "gateway/boxes/find.h"
#include "gateway/cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <ostream>

namespace gateway::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t group_mails = 100;         // handed over at once: one or a few transactions
constexpr std::size_t group_octets = 4U << 20U;  // of a group in memory; two are

using Result = Admin::Import::Result;

struct Counts {
    std::uint64_t stored = 0, present = 0, refused = 0;
    [[nodiscard]] std::uint64_t all() const { return stored + present + refused; }
};

void import_folder(
    Admin& admin, const ImportOrder& order, const boxes::Found& found, Counts& counts, const Streams& streams)
{
    Progress progress(streams.error, look_of(streams.error), found.folder);
    const auto report = [&](const boxes::Mail& mail, Result result, const std::string& why) {
        counts.stored += result == Result::stored;
        counts.present += result == Result::present;
        counts.refused += result == Result::refused;
        if (result != Result::refused) return;
        progress.clear();
        streams.error << mail.label << ": " << why << '\n';
    };
    const auto source = boxes::open(found, order.largest, order.dialect);
    const auto import = admin.import_into(order.account, found.folder, found.path, report);
    if (const auto position = import->position(); !position.empty() && source->resume(position))
        streams.error << found.path << ": goes on where it was interrupted\n";
    const auto before = counts.all();
    std::vector<boxes::Mail> group;
    std::size_t octets = 0;
    const auto hand_over = [&] {
        import->store(std::move(group), source->position());
        group.clear();
        octets = 0;
        progress.at(source->done(), source->total(), counts.all() - before);
    };
    for (boxes::Mail mail; source->next(mail);) {
        octets += mail.bytes.size();
        group.push_back(std::move(mail));
        if (group.size() >= group_mails || octets >= group_octets) hand_over();
    }
    if (!group.empty()) hand_over();
    import->finish();
}

// A level of a name as a file's name: none is hidden, none leads elsewhere.
std::string file_of(const std::string& folder)
{
    std::string out;
    for (std::size_t at = 0; at <= folder.size();) {
        const auto end = std::min(folder.find('/', at), folder.size());
        const auto level = folder.substr(at, end - at);
        out += (out.empty() ? "" : "/") + (level.starts_with('.') ? "&AC4-" + level.substr(1) : level);
        at = end + 1;
    }
    return out;
}

std::string return_path(std::string_view bytes)
{
    constexpr std::string_view name = "Return-Path: <";
    if (!bytes.starts_with(name)) return "";
    const auto end = bytes.find_first_of("> \t\r\n", name.size());
    return end == bytes.npos || bytes[end] != '>' ? "" : std::string(bytes.substr(name.size(), end - name.size()));
}

// A file that grows: after each group its length and the last UID are noted beside it, so that it can be continued.
class GrowingMbox {
public:
    explicit GrowingMbox(std::string path) : path_(std::move(path)), part_(path_ + ".part"), note_(path_ + ".part.at")
    {
        std::uint64_t length = 0;
        std::ifstream note(note_);
        const bool noted = static_cast<bool>(note >> length >> uid_);
        if (noted && fs::exists(part_) && fs::file_size(part_) >= length) fs::resize_file(part_, length);
        else uid_ = 0;
        out_.open(part_, std::ios::binary | (uid_ == 0 ? std::ios::trunc : std::ios::app));
        out_.exceptions(std::ios::failbit | std::ios::badbit);
    }

    [[nodiscard]] std::uint32_t uid() const { return uid_; }

    void add(const std::vector<Admin::StoredMail>& mails)
    {
        for (const auto& each : mails) out_ << boxes::mbox_entry(each.mail, return_path(each.mail.bytes));
        out_.flush();
        uid_ = mails.back().uid;
        std::ofstream(note_ + ".new") << out_.tellp() << ' ' << uid_ << '\n';
        fs::rename(note_ + ".new", note_);
    }

    void finish()
    {
        out_.close();
        fs::rename(part_, path_);
        fs::remove(note_);
    }

private:
    std::string path_, part_, note_;
    std::ofstream out_;
    std::uint32_t uid_ = 0;
};

void export_mbox_file(Admin& admin, const std::string& account, const Admin::FolderRow& folder, const std::string& path,
    const Streams& streams)
{
    Progress progress(streams.error, look_of(streams.error), folder.name);
    GrowingMbox file(path);
    std::uint64_t octets = 0, count = 0;
    for (auto mails = admin.mails(account, folder.name, file.uid()); !mails.empty();
        mails = admin.mails(account, folder.name, file.uid())) {
        file.add(mails);
        for (const auto& each : mails) octets += each.mail.bytes.size();
        progress.at(octets, folder.octets, count += mails.size());
    }
    file.finish();
}

// By their names, which begin with the time: what answers comes after what it answers, and inherits its list.
std::vector<fs::path> archive_files(const std::vector<std::string>& paths)
{
    std::vector<fs::path> files;
    for (const auto& path : paths) {
        if (!fs::is_directory(path)) files.emplace_back(path);
        else
            for (const auto& entry : fs::recursive_directory_iterator(path))
                if (entry.is_regular_file() && entry.path().string().ends_with(".tar.gz"))
                    files.push_back(entry.path());
    }
    std::stable_sort(
        files.begin(), files.end(), [](const fs::path& a, const fs::path& b) { return a.filename() < b.filename(); });
    return files;
}

const Admin::FolderRow& named(const std::vector<Admin::FolderRow>& folders, const std::string& name)
{
    const auto found =
        std::find_if(folders.begin(), folders.end(), [&](const auto& folder) { return folder.name == name; });
    if (found == folders.end()) throw Refused("There is no folder " + name + ".", email2::Code::not_found);
    return *found;
}

}  // namespace

bool import_mail(Admin& admin, const ImportOrder& order, const Streams& streams)
{
    Counts counts;
    bool whole = true;
    for (const auto& path : order.paths) {
        try {
            for (const auto& found : boxes::find(path, order.folder))
                import_folder(admin, order, found, counts, streams);
        } catch (const boxes::Unreadable& error) {
            streams.error << error.what() << '\n';
            whole = false;
        }
    }
    streams.out << fmt::format(
        "{} imported, {} there already, {} refused\n", counts.stored, counts.present, counts.refused);
    return whole && counts.refused == 0;
}

bool import_archive(Admin& admin, const std::vector<std::string>& paths, const Streams& streams)
{
    const auto files = archive_files(paths);
    std::uint64_t total = 0, before = 0, count = 0;
    std::error_code ignored;
    for (const auto& file : files) total += fs::is_regular_file(file, ignored) ? fs::file_size(file, ignored) : 0;
    std::map<Admin::Archived, std::uint64_t> counts;
    std::uint64_t refused = 0;
    Progress progress(streams.error, look_of(streams.error), "archive", "messages");
    for (const auto& file : files) {
        try {
            ++counts[admin.import_archived(
                file.string(), [&](std::uint64_t done, std::uint64_t) { progress.at(before + done, total, count); })];
        } catch (const Refused& error) {
            progress.clear();
            streams.error << error.what() << '\n';
            ++refused;
        }
        before += fs::is_regular_file(file, ignored) ? fs::file_size(file, ignored) : 0;
        progress.at(before, total, ++count);
    }
    progress.clear();
    streams.out << fmt::format("{} imported, {} put back, {} there already, {} refused\n",
        counts[Admin::Archived::fresh], counts[Admin::Archived::restored], counts[Admin::Archived::present], refused);
    return refused == 0;
}

FolderProgress shown_on(const Streams& streams)
{
    struct Shown {
        std::string folder;
        std::unique_ptr<Progress> progress;
    };
    return [&streams, shown = std::make_shared<Shown>()](
               const Admin::FolderRow& folder, std::uint64_t octets, std::uint64_t mails) {
        if (shown->folder != folder.name) {
            shown->progress.reset();
            shown->progress = std::make_unique<Progress>(streams.error, look_of(streams.error), folder.name);
            shown->folder = folder.name;
        }
        shown->progress->at(octets, folder.octets, mails);
    };
}

void export_mbox(Admin& admin, const std::string& account, const std::string& folder, const std::string& path,
    const Streams& streams)
{
    const auto folders = admin.folders(account);
    if (!folder.empty()) {
        if (fs::exists(path)) throw Refused(path + " exists already.", email2::Code::conflict);
        export_mbox_file(admin, account, named(folders, folder), path, streams);
        return;
    }
    for (const auto& each : folders) {
        const auto file = path + "/" + file_of(each.name) + ".mbox";
        fs::create_directories(fs::path(file).parent_path());
        if (fs::exists(file)) streams.error << file << ": is there already, and stays\n";
        else export_mbox_file(admin, account, each, file, streams);
    }
}

}  // namespace gateway::cli
