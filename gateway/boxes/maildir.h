// maildir: a folder with a file for each mail. Flags stand in the file's name (":2,FRS"), the delivery time is the
// file's.
//
// Maildir++ (Dovecot): the folder at the top is INBOX, others lie beside as ".Work.2026". Keywords are letters a to z,
// named by the file dovecot-keywords. ",W=size" in a name is the mail's size with CRLF: it tells whether the file's
// line ends are the mail's own.
#pragma once

#include "gateway/boxes/mail.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::boxes {

class MaildirSource final : public Source {
public:
    // In the order of delivery as the names tell it. Throws Unreadable.
    MaildirSource(std::string path, std::uint64_t largest);
    bool next(Mail& mail) override;
    [[nodiscard]] std::string position() const override;
    bool resume(const std::string& position) override;
    [[nodiscard]] std::uint64_t done() const override { return done_; }
    [[nodiscard]] std::uint64_t total() const override { return total_; }

private:
    struct File {
        std::uint64_t seconds = 0;  // the name's first digits: when it was delivered
        std::string base;           // the name without flags: stays the same
        std::string path;           // below path_: "cur/…"
        std::uint64_t size = 0;
    };
    void scan(const char* folder);
    void read(const File& file, Mail& mail) const;

    std::string path_;
    std::uint64_t largest_;
    std::vector<std::string> keywords_;  // by letter
    std::vector<File> files_;
    std::size_t next_ = 0;
    std::uint64_t done_ = 0, total_ = 0;
};

[[nodiscard]] bool is_maildir(const std::string& path);

// Keywords of one folder on their way into names.
class KeywordLetters {
public:
    // Letters of these, as far as there are letters.
    [[nodiscard]] std::string letters(const std::vector<std::string>& keywords);
    // What dovecot-keywords says; "" when there are none.
    [[nodiscard]] std::string file() const;

private:
    std::vector<std::string> names_;
};

// A mail's file as it is written: "cur/" and its name, and its octets. `unique` tells it from all others of the folder.
struct MaildirFile {
    std::string base;    // "cur/1790000000.R17U4.one.test,S=812,W=830": stays when the flags change
    std::string suffix;  // ":2,FS"
    std::string bytes;
};
[[nodiscard]] MaildirFile maildir_file(const Mail& mail, std::string_view unique, KeywordLetters& keywords);

// "Work/2026" as ".Work.2026", "INBOX" as "", and back. A dot within a level is written as modified UTF-7 would.
[[nodiscard]] std::string maildir_folder(std::string_view name);
[[nodiscard]] std::string name_of_maildir_folder(std::string_view folder);

}  // namespace gateway::boxes
