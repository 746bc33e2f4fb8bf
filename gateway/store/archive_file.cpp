#include "gateway/store/archive_file.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <unistd.h>
#include <zlib.h>

namespace gateway::store {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t block = 512;  // of a tar
constexpr unsigned piece = 64 * 1024;

[[noreturn]] void fail(const fs::path& path, const std::string& what)
{
    throw std::runtime_error(path.string() + " " + what);
}

[[noreturn]] void fail_by_system(const fs::path& path, const char* what)
{
    fail(path, fmt::format("{}: {}", what, std::strerror(errno)));
}

// An open descriptor of a file or a folder.
class Descriptor {
public:
    Descriptor(const fs::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC)) {}
    ~Descriptor()
    {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

void sync(const fs::path& path, int flags)
{
    const Descriptor file(path, flags);
    if (file.number() < 0 || ::fsync(file.number()) != 0) fail_by_system(path, "cannot be seen to the disk");
}

void sync_folder(const fs::path& path)
{
    sync(path, O_RDONLY | O_DIRECTORY);
}

struct Header {
    std::array<char, block> octets{};

    void text(std::size_t at, std::string_view value)
    {
        std::copy(value.begin(), value.end(), octets.begin() + static_cast<std::ptrdiff_t>(at));
    }
    [[nodiscard]] unsigned sum() const
    {
        unsigned out = 8 * ' ';  // the checksum's own field counts as blanks
        for (std::size_t i = 0; i < block; ++i)
            if (i < 148 || i >= 156) out += static_cast<unsigned char>(octets[i]);
        return out;
    }
};

constexpr std::size_t longest_name = 100;
constexpr std::uint64_t largest = 1ULL << 33;  // eleven octal digits

std::uint64_t octal(std::string_view digits)
{
    std::uint64_t value = 0;
    for (const char c : digits) {
        if (c < '0' || c > '7') break;
        value = value * 8 + static_cast<unsigned>(c - '0');
    }
    return value;
}

}  // namespace

ArchiveWriter::ArchiveWriter(fs::path path) : path_(std::move(path)), partial_(path_.string() + ".partial")
{
    file_ = ::gzopen(partial_.c_str(), "wb6");
    if (file_ == nullptr) fail_by_system(partial_, "cannot be written");
    ::gzbuffer(static_cast<gzFile>(file_), piece);
}

ArchiveWriter::~ArchiveWriter()
{
    if (file_ != nullptr) ::gzclose(static_cast<gzFile>(file_));
    if (!done_) ::unlink(partial_.c_str());
}

void ArchiveWriter::put(std::string_view octets)
{
    while (!octets.empty()) {
        const auto now = static_cast<unsigned>(std::min<std::size_t>(octets.size(), piece));
        if (::gzwrite(static_cast<gzFile>(file_), octets.data(), now) != static_cast<int>(now))
            fail_by_system(partial_, "cannot be written");
        octets.remove_prefix(now);
    }
}

void ArchiveWriter::pad()
{
    static constexpr std::array<char, block> zeros{};
    if (member_ % block != 0) put({zeros.data(), block - member_ % block});
    member_ = 0;
}

void ArchiveWriter::begin(const std::string& name, std::uint64_t size)
{
    if (left_ != 0) fail(partial_, "has a member that is shorter than was said");
    pad();
    if (name.size() > longest_name || size >= largest) fail(partial_, "cannot have a member " + name);
    Header header;
    header.text(0, name);
    header.text(100, "0000600");
    header.text(108, "0000000");
    header.text(116, "0000000");
    header.text(124, fmt::format("{:011o}", size));
    header.text(136, "00000000000");
    header.text(156, "0");
    header.text(257, std::string_view("ustar\00000", 8));
    header.text(148, fmt::format("{:06o}", header.sum()));
    header.octets[154] = '\0';
    header.octets[155] = ' ';
    put({header.octets.data(), block});
    left_ = member_ = size;
}

void ArchiveWriter::write(std::string_view octets)
{
    if (octets.size() > left_) fail(partial_, "has a member that is longer than was said");
    left_ -= octets.size();
    put(octets);
}

void ArchiveWriter::add(const std::string& name, std::string_view octets)
{
    begin(name, octets.size());
    write(octets);
}

ArchiveWriter::Written ArchiveWriter::finish()
{
    if (left_ != 0) fail(partial_, "has a member that is shorter than was said");
    pad();
    put(std::string(2 * block, '\0'));
    const auto closed = ::gzclose(static_cast<gzFile>(std::exchange(file_, nullptr)));
    if (closed != Z_OK) fail_by_system(partial_, "cannot be written");
    sync(partial_, O_RDONLY);
    return checksum(partial_).value();
}

void ArchiveWriter::put_in_place()
{
    if (::rename(partial_.c_str(), path_.c_str()) != 0) fail_by_system(path_, "cannot be put in its place");
    done_ = true;
    sync_folder(path_.parent_path());
}

ArchiveReader::ArchiveReader(const fs::path& path) : path_(path), file_(::gzopen(path.c_str(), "rb"))
{
    if (file_ == nullptr) fail_by_system(path_, "cannot be read");
    ::gzbuffer(static_cast<gzFile>(file_), piece);
}

ArchiveReader::~ArchiveReader()
{
    ::gzclose(static_cast<gzFile>(file_));
}

void ArchiveReader::take(char* to, std::size_t size)
{
    while (size > 0) {
        const auto got =
            ::gzread(static_cast<gzFile>(file_), to, static_cast<unsigned>(std::min<std::size_t>(size, piece)));
        if (got <= 0) fail(path_, "is damaged");
        to += got;
        size -= static_cast<std::size_t>(got);
    }
}

std::optional<ArchiveReader::Member> ArchiveReader::next()
{
    while (left_ > 0) (void)read(piece);
    std::array<char, block> skipped{};
    take(skipped.data(), std::exchange(padding_, 0));
    Header header;
    take(header.octets.data(), block);
    if (header.octets[0] == '\0') {
        check_end();
        return std::nullopt;
    }
    const std::string_view all(header.octets.data(), block);
    if (octal(all.substr(148, 7)) != header.sum()) fail(path_, "is damaged");
    Member member;
    member.name = std::string(all.substr(0, std::min(all.find('\0'), longest_name)));
    member.size = left_ = octal(all.substr(124, 12));
    padding_ = (block - member.size % block) % block;
    return member;
}

// Only at its end does gzip say whether what came before was right.
void ArchiveReader::check_end()
{
    std::array<char, block> rest{};
    for (;;) {
        const auto got = ::gzread(static_cast<gzFile>(file_), rest.data(), block);
        int error = Z_OK;
        (void)::gzerror(static_cast<gzFile>(file_), &error);
        if (got < 0 || error != Z_OK) fail(path_, "is damaged");
        if (got == 0) return;
    }
}

std::uint64_t ArchiveReader::done() const
{
    return static_cast<std::uint64_t>(std::max<z_off_t>(::gzoffset(static_cast<gzFile>(file_)), 0));
}

std::string ArchiveReader::read(std::size_t most)
{
    std::string out(std::min<std::uint64_t>(most, left_), '\0');
    take(out.data(), out.size());
    left_ -= out.size();
    return out;
}

std::optional<ArchiveWriter::Written> checksum(const fs::path& path)
{
    const Descriptor file(path, O_RDONLY);
    if (file.number() < 0) {
        if (errno == ENOENT) return std::nullopt;
        fail_by_system(path, "cannot be read");
    }
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 failed");
    ArchiveWriter::Written out;
    std::string buffer(piece, '\0');
    for (;;) {
        const auto got = ::read(file.number(), buffer.data(), buffer.size());
        if (got < 0) fail_by_system(path, "cannot be read");
        if (got == 0) break;
        out.size += static_cast<std::uint64_t>(got);
        if (EVP_DigestUpdate(digest.get(), buffer.data(), static_cast<std::size_t>(got)) != 1)
            throw std::runtime_error("SHA-256 failed");
    }
    out.sha256.resize(32);
    unsigned length = 0;
    if (EVP_DigestFinal_ex(digest.get(), reinterpret_cast<unsigned char*>(out.sha256.data()), &length) != 1)
        throw std::runtime_error("SHA-256 failed");
    return out;
}

void remove_durably(const fs::path& path)
{
    if (::unlink(path.c_str()) != 0) {
        if (errno == ENOENT) return;
        fail_by_system(path, "cannot be removed");
    }
    sync_folder(path.parent_path());
}

}  // namespace gateway::store
