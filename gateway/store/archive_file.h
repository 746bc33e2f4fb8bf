// archive_file: a compressed, checksummed file of named members, as cold storage keeps a message: tar (POSIX.1-1988,
// ustar) in gzip (RFC 1952), so that it can be read by any tar, without this program.
//
// Streams: no member is in memory whole. Throws std::runtime_error with a sentence when the disk or the file is at
// fault.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::store {

class ArchiveWriter {
public:
    // Writes beside `path`, to "path.partial"; one that is left from before is overwritten.
    explicit ArchiveWriter(std::filesystem::path path);
    ~ArchiveWriter();  // without finish(): the partial file goes
    ArchiveWriter(const ArchiveWriter&) = delete;

    void add(const std::string& name, std::string_view octets);
    // A member in pieces, which must come to `size` octets.
    void begin(const std::string& name, std::uint64_t size);
    void write(std::string_view piece);

    struct Written {
        std::string sha256;  // of the file, 32 octets
        std::uint64_t size = 0;
    };
    // Ends the archive and sees it to the disk; it has its name only after put_in_place().
    Written finish();
    void put_in_place();

private:
    void put(std::string_view octets);
    void pad();

    std::filesystem::path path_, partial_;
    void* file_ = nullptr;  // gzFile
    std::uint64_t left_ = 0, member_ = 0;
    bool done_ = false;
};

class ArchiveReader {
public:
    explicit ArchiveReader(const std::filesystem::path& path);
    ~ArchiveReader();
    ArchiveReader(const ArchiveReader&) = delete;

    // On to the next member, over what was not read of the last; nullopt: there is none, and the whole file is as it
    // was written (gzip's own checksum).
    struct Member {
        std::string name;
        std::uint64_t size = 0;
    };
    std::optional<Member> next();
    // Up to `most` octets of the member; "" at its end.
    std::string read(std::size_t most);
    // Octets of the file that were read.
    [[nodiscard]] std::uint64_t done() const;

private:
    void take(char* to, std::size_t size);
    void check_end();

    std::filesystem::path path_;
    void* file_ = nullptr;
    std::uint64_t left_ = 0, padding_ = 0;
};

// SHA-256 of a file's octets, and how many; nullopt: there is no such file.
[[nodiscard]] std::optional<ArchiveWriter::Written> checksum(const std::filesystem::path& path);
// Removes a file and makes that last. Nothing when there is none.
void remove_durably(const std::filesystem::path& path);

}  // namespace gateway::store
