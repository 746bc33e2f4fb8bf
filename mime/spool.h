// spool: a mail while it comes in: in memory while it is small, in an unlinked temporary file once it is large.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mime {

// Grows by append(); bytes() is then the whole, contiguous (a memory map of the file when it is large, so that 50 MB
// cost address space, not memory). Movable. The views die with the spool. Throws std::system_error when the disk is
// full.
class Spool {
public:
    explicit Spool(std::size_t in_memory = 256 * 1024);  // octets kept in memory before the file is made
    ~Spool();
    Spool(Spool&&) noexcept;
    Spool& operator=(Spool&&) noexcept;

    void append(std::string_view bytes);
    // Room for octets that are kept elsewhere: bytes() has NULs there, which cost address space and no memory. Not for
    // a spool that has become a file.
    void leave(std::size_t octets);
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] std::string_view bytes();  // after the last append; maps the file when there is one

private:
    struct File;
    struct Sparse;
    struct Room {
        std::size_t at = 0;  // octets of memory_ before it
        std::size_t octets = 0;
    };
    std::vector<Room> rooms_;
    std::shared_ptr<Sparse> sparse_;
    std::string memory_;
    std::size_t limit_;
    std::unique_ptr<File> file_;
};

}  // namespace mime
