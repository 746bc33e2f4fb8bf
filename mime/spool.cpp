// spool: a string first, then an unlinked temporary file that is mapped for reading.
#include "mime/spool.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

namespace mime {

namespace {

[[noreturn]] void fail(const char* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

// Not /tmp: it is memory on many systems, which is what the file shall save.
std::string folder()
{
    const char* set = std::getenv("TMPDIR");
    return set && *set ? set : "/var/tmp";
}

int open_unlinked()
{
    std::string name = folder() + "/email2-spool-XXXXXX";
    const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0) fail("spool: cannot create a temporary file");
    ::unlink(name.c_str());
    return descriptor;
}

}  // namespace

struct Spool::File {
    int descriptor = open_unlinked();
    std::size_t size = 0;
    void* map = nullptr;
    std::size_t mapped = 0;

    File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    ~File()
    {
        if (map) ::munmap(map, mapped);
        ::close(descriptor);
    }

    void write(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const ssize_t written = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(size));
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail("spool: cannot write");
            size += static_cast<std::size_t>(written);
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    std::string_view view()
    {
        if (mapped != size) {
            if (map) ::munmap(map, mapped);
            map = nullptr;
            void* made = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
            if (made == MAP_FAILED) fail("spool: cannot map");
            map = made;
            mapped = size;
        }
        return {static_cast<const char*>(map), mapped};
    }
};

// The whole with its rooms, in memory of its own of which only what is written exists.
struct Spool::Sparse {
    explicit Sparse(std::size_t octets) : size(octets)
    {
        map = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (map == MAP_FAILED) fail("spool: cannot map");
    }

    Sparse(const Sparse&) = delete;
    Sparse& operator=(const Sparse&) = delete;

    ~Sparse() { ::munmap(map, size); }

    std::size_t size;
    void* map = nullptr;
};

Spool::Spool(std::size_t in_memory) : limit_(in_memory) {}

Spool::~Spool() = default;
Spool::Spool(Spool&&) noexcept = default;
Spool& Spool::operator=(Spool&&) noexcept = default;

void Spool::append(std::string_view bytes)
{
    // What waits in memory for the file is written in pieces of the same limit, not at each line.
    if (memory_.size() + bytes.size() <= limit_ || !rooms_.empty()) {
        memory_ += bytes;
        return;
    }
    if (!file_) file_ = std::make_unique<File>();
    file_->write(memory_);
    memory_.clear();
    if (bytes.size() <= limit_) memory_ = bytes;
    else file_->write(bytes);
}

void Spool::leave(std::size_t octets)
{
    if (file_) throw std::logic_error("spool: no room is left in a file");
    rooms_.push_back({memory_.size(), octets});
}

std::size_t Spool::size() const
{
    std::size_t all = memory_.size() + (file_ ? file_->size : 0);
    for (const auto& room : rooms_) all += room.octets;
    return all;
}

std::string_view Spool::bytes()
{
    if (!rooms_.empty()) {
        if (!sparse_ || sparse_->size != size()) {
            sparse_ = std::make_shared<Sparse>(size());
            auto* to = static_cast<char*>(sparse_->map);
            std::size_t from = 0;
            for (const auto& room : rooms_) {
                to = std::copy(memory_.begin() + static_cast<std::ptrdiff_t>(from),
                    memory_.begin() + static_cast<std::ptrdiff_t>(room.at), to);
                to += room.octets;
                from = room.at;
            }
            std::copy(memory_.begin() + static_cast<std::ptrdiff_t>(from), memory_.end(), to);
        }
        return {static_cast<const char*>(sparse_->map), sparse_->size};
    }
    if (!file_) return memory_;
    file_->write(memory_);
    std::string().swap(memory_);
    return file_->view();
}

}  // namespace mime
