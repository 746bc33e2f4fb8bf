#include "gateway/boxes/sink.h"

#include <fmt/format.h>

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace gateway::boxes {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& path)
{
    throw std::system_error(errno, std::generic_category(), path);
}

class Descriptor {
public:
    Descriptor(const std::string& path, int flags, mode_t mode = 0)
        : path_(path), number_(::open(path.c_str(), flags | O_CLOEXEC, mode))
    {
        if (number_ < 0) fail(path);
    }
    ~Descriptor() { ::close(number_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    void write(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto count = ::write(number_, bytes.data(), bytes.size());
            if (count < 0) fail(path_);
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    void sync() const
    {
        if (::fsync(number_) != 0) fail(path_);
    }
    [[nodiscard]] int number() const { return number_; }

private:
    std::string path_;
    int number_;
};

class Directory final : public Sink {
public:
    explicit Directory(std::string path) : path_(std::move(path)) { fs::create_directories(path_); }

    void directory(const std::string& path) override { fs::create_directories(path_ + "/" + path); }

    void file(const std::string& path, std::string_view bytes, Time modified) override
    {
        const auto whole = path_ + "/" + path, part = path_ + "/.part";
        {
            Descriptor out(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
            out.write(bytes);
            const auto since = modified.time_since_epoch();
            const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
            const timespec time{seconds.count(), std::chrono::nanoseconds(since - seconds).count()};
            const timespec both[] = {time, time};
            if (::futimens(out.number(), both) != 0) fail(part);
        }
        fs::rename(part, whole);
    }

    std::vector<std::string> names(const std::string& directory) override
    {
        std::vector<std::string> out;
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(path_ + "/" + directory, none))
            out.push_back(entry.path().filename().string());
        return out;
    }

    void finish() override
    {
        const Descriptor top(path_, O_RDONLY | O_DIRECTORY);
        if (::syncfs(top.number()) != 0) fail(path_);
    }

private:
    std::string path_;
};

constexpr std::size_t block = 512;

class Tar final : public Sink {
public:
    explicit Tar(const std::string& path) : path_(path), out_(path + ".part", O_WRONLY | O_CREAT | O_TRUNC, 0600) {}

    void directory(const std::string& path) override { entry(path + "/", {}, '5', {}); }
    void file(const std::string& path, std::string_view bytes, Time modified) override
    {
        entry(path, bytes, '0', modified);
    }
    std::vector<std::string> names(const std::string&) override { return {}; }

    void finish() override
    {
        out_.write(std::string(2 * block, '\0'));
        out_.sync();
        fs::rename(path_ + ".part", path_);
    }

private:
    // "27 path=Work/2026/cur/…\n": the number counts itself.
    static std::string record(std::string_view key, std::string_view value)
    {
        const auto rest = fmt::format(" {}={}\n", key, value);
        auto size = rest.size();
        while (std::to_string(size).size() + rest.size() != size) size = std::to_string(size).size() + rest.size();
        return std::to_string(size) + rest;
    }

    void entry(const std::string& path, std::string_view bytes, char type, Time modified)
    {
        constexpr std::size_t name_field = 100;
        const auto plain = std::all_of(path.begin(), path.end(), [](char c) { return c > 0 && c < 127; });
        if (path.size() > name_field || !plain) {
            const auto extended = record("path", path);
            raw_entry("pax", extended, 'x', modified);
        }
        raw_entry(path.substr(0, name_field), bytes, type, modified);
    }

    void raw_entry(const std::string& name, std::string_view bytes, char type, Time modified)
    {
        std::string header(block, '\0');
        const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
        const auto seconds =
            std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(modified).time_since_epoch().count());
        put(0, name);
        put(100, type == '5' ? "0000700" : "0000600");
        put(108, "0000000");
        put(116, "0000000");
        put(124, fmt::format("{:011o}", bytes.size()));
        put(136, fmt::format("{:011o}", seconds));
        put(148, "        ");
        header[156] = type;
        put(257, std::string("ustar\00000", 8));
        unsigned sum = 0;
        for (const char c : header) sum += static_cast<unsigned char>(c);
        put(148, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
        out_.write(header);
        out_.write(bytes);
        if (bytes.size() % block != 0) out_.write(std::string(block - bytes.size() % block, '\0'));
    }

    std::string path_;
    Descriptor out_;
};

}  // namespace

std::unique_ptr<Sink> directory_sink(const std::string& path)
{
    return std::make_unique<Directory>(path);
}
std::unique_ptr<Sink> tar_sink(const std::string& path)
{
    return std::make_unique<Tar>(path);
}

}  // namespace gateway::boxes
