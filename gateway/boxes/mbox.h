// mbox: one file with many mails. RFC 4155, and how its dialects differ.
//
// A mail begins with a line "From sender date" at the start of the file or after an empty line. How lines of the mail
// that begin with "From " are kept apart from it is the dialect: mboxrd puts '>' before each ">*From ", mboxo before
// "From " alone, mboxcl and mboxcl2 say the length in Content-Length, and mboxcl2 quotes nothing.
//
// Each mail that is written begins with one field of our own, X-Email2-Export, and with Status, X-Status and
// X-Keywords; reading takes away exactly these. Of other programs' mails the last field of each of the three is taken
// away, for it belongs to the folder.
#pragma once

#include "gateway/boxes/mail.h"

#include <cstdio>
#include <memory>

namespace gateway::boxes {

// `automatic`: mboxcl2 when the first mail's Content-Length leads to the next one's beginning, else mboxrd.
enum class Dialect { automatic, mboxrd, mboxo, mboxcl, mboxcl2 };

class MboxSource final : public Source {
public:
    // A mail of more than `largest` octets is a problem. A file that does not begin with "From " is one mail. Throws
    // Unreadable.
    MboxSource(std::string path, std::uint64_t largest, Dialect dialect = Dialect::automatic);
    bool next(Mail& mail) override;
    [[nodiscard]] std::string position() const override;
    bool resume(const std::string& position) override;
    [[nodiscard]] std::uint64_t done() const override { return at_; }
    [[nodiscard]] std::uint64_t total() const override { return size_; }

private:
    struct Line {
        std::string text;  // with its line end; at most `piece` octets of a longer one
        bool begins = true, ends = true;
    };
    bool read_line(Line& line);
    bool begins_mail(const Line& line, bool after_empty) const;
    void seek(std::uint64_t at);
    void read_by_lines(std::string& raw, bool& too_large);
    bool read_by_length(std::string& raw, bool& too_large);
    [[nodiscard]] bool boundary_at(std::uint64_t at);
    void read_one(Mail& mail);

    std::string path_;
    std::uint64_t largest_;
    Dialect dialect_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
    std::uint64_t size_ = 0;
    std::uint64_t at_ = 0;  // of the next octet to be read
    bool single_ = false;   // the file is one mail
};

// What is appended for one mail.
[[nodiscard]] std::string mbox_entry(const Mail& mail, std::string_view sender);

}  // namespace gateway::boxes
