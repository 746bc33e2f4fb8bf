#include "gateway/cli/transfer.h"

#include "gateway/boxes/find.h"
#include "gateway/boxes/maildir.h"
#include "gateway/cli/progress.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <ostream>
#include <set>

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

void import_folder(Admin& admin, const ImportOrder& order, const boxes::Found& found, Counts& counts, const Streams& streams)
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

void export_mbox_file(Admin& admin, const std::string& account, const Admin::FolderRow& folder, const std::string& path, const Streams& streams)
{
    Progress progress(streams.error, look_of(streams.error), folder.name);
    GrowingMbox file(path);
    std::uint64_t octets = 0, count = 0;
    for (auto mails = admin.mails(account, folder.name, file.uid()); !mails.empty(); mails = admin.mails(account, folder.name, file.uid())) {
        file.add(mails);
        for (const auto& each : mails) octets += each.mail.bytes.size();
        progress.at(octets, folder.octets, count += mails.size());
    }
    file.finish();
}

const Admin::FolderRow& named(const std::vector<Admin::FolderRow>& folders, const std::string& name)
{
    const auto found = std::find_if(folders.begin(), folders.end(), [&](const auto& folder) { return folder.name == name; });
    if (found == folders.end()) throw Refused("There is no folder " + name + ".", email2::Code::not_found);
    return *found;
}

void export_maildir_folder(
    Admin& admin, const std::string& account, const Admin::FolderRow& folder, boxes::Sink& sink, const std::string& directory, const Streams& streams
)
{
    Progress progress(streams.error, look_of(streams.error), folder.name);
    for (const auto* part : {"cur", "new", "tmp"}) sink.directory(directory + part);
    std::set<std::string> there;
    for (const auto& name : sink.names(directory + "cur")) there.insert("cur/" + name.substr(0, name.rfind(":2,")));
    boxes::KeywordLetters keywords;
    std::uint64_t octets = 0, count = 0;
    for (std::uint32_t after = 0;;) {
        const auto mails = admin.mails(account, folder.name, after);
        if (mails.empty()) break;
        for (const auto& each : mails) {
            const auto file = boxes::maildir_file(each.mail, fmt::format("R{}U{}.email2", each.rendition, each.uid), keywords);
            if (!there.contains(file.base)) sink.file(directory + file.base + file.suffix, file.bytes, each.mail.delivered.value_or(boxes::Time{}));
            octets += each.mail.bytes.size();
        }
        after = mails.back().uid;
        progress.at(octets, folder.octets, count += mails.size());
    }
    if (const auto names = keywords.file(); !names.empty()) sink.file(directory + "dovecot-keywords", names, boxes::Time{});
}

}  // namespace

bool import_mail(Admin& admin, const ImportOrder& order, const Streams& streams)
{
    Counts counts;
    bool whole = true;
    for (const auto& path : order.paths) {
        try {
            for (const auto& found : boxes::find(path, order.folder)) import_folder(admin, order, found, counts, streams);
        } catch (const boxes::Unreadable& error) {
            streams.error << error.what() << '\n';
            whole = false;
        }
    }
    streams.out << fmt::format("{} imported, {} there already, {} refused\n", counts.stored, counts.present, counts.refused);
    return whole && counts.refused == 0;
}

void export_maildir(
    Admin& admin, const std::string& account, const std::string& folder, boxes::Sink& sink, const std::string& below, const Streams& streams
)
{
    const auto folders = admin.folders(account);
    if (!folder.empty()) (void)named(folders, folder);
    for (const auto& each : folders) {
        const bool within = folder.empty() || each.name == folder || each.name.starts_with(folder + "/");
        if (!within) continue;
        const auto name = folder.empty() ? each.name : each.name == folder ? "INBOX" : each.name.substr(folder.size() + 1);
        const auto directory = boxes::maildir_folder(name);
        export_maildir_folder(admin, account, each, sink, below + directory + (directory.empty() ? "" : "/"), streams);
        if (!directory.empty()) sink.file(below + directory + "/maildirfolder", "", boxes::Time{});
    }
}

void export_mbox(Admin& admin, const std::string& account, const std::string& folder, const std::string& path, const Streams& streams)
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
