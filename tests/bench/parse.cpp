// parse: how many mails a second one core reads into documents; the other side of parse_gmime.c. tests/bench/README.md.
//
// parse FILE SECONDS    FILE: mails, each behind its length as eight octets, little end first (tests/bench/parse writes
// it)
#include "gateway/mapping/mail_in.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

std::vector<std::string_view> mails_in(std::string_view all)
{
    std::vector<std::string_view> mails;
    while (all.size() >= 8) {
        std::uint64_t length = 0;
        std::memcpy(&length, all.data(), 8);
        mails.push_back(all.substr(8, length));
        all.remove_prefix(8 + length);
    }
    return mails;
}

// Seconds of this process's own, whatever else the machine does.
double seconds_of_cpu()
{
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// Rounds over all mails until the time is up; mails a second.
double rate(const std::vector<std::string_view>& mails, double seconds,
    const std::function<std::size_t(std::string_view)>& work)
{
    const auto begin = seconds_of_cpu();
    std::size_t done = 0, kept = 0;
    double spent = 0;
    do {
        for (const auto mail : mails) kept += work(mail);
        done += mails.size();
        spent = seconds_of_cpu() - begin;
    } while (spent < seconds);
    if (kept == 0) std::puts("nothing was read");
    return static_cast<double>(done) / spent;
}

std::size_t parse(std::string_view mail)
{
    return mime::parse(mail).root.fields.size();
}

std::size_t document(std::string_view mail)
{
    const auto message = mime::parse(mail);
    const auto facts = gateway::mapping::read_facts(message, mail);
    const auto content = gateway::mapping::content_of(message, mail);
    return facts.to.size() + content.body.text.size() + content.body.parts.size() + 1;
}

// The whole file as a map: reading it shall not count as memory of ours.
std::string_view mapped(const char* path)
{
    const int file = open(path, O_RDONLY);
    struct stat found{};
    if (file < 0 || fstat(file, &found) != 0) std::exit(1);
    const auto size = static_cast<std::size_t>(found.st_size);
    void* octets = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    return {static_cast<const char*>(octets), size};
}

// The most memory that was resident, but for the map of the file. (getrusage would count what the process was before
// exec.)
long peak_kb(std::size_t file)
{
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (long peak = 0; word == "VmHWM:" && status >> peak) return peak - static_cast<long>(file / 1024);
    return 0;
}

}  // namespace

int main(int count, char** words)
{
    if (count < 3) return 2;
    const auto all = mapped(words[1]);
    const auto mails = mails_in(all);
    const double seconds = std::atof(words[2]);
    const double parsed = rate(mails, seconds, parse);
    const double mapped = rate(mails, seconds, document);
    std::printf(
        "{\"mails\": %zu, \"octets\": %zu, \"parse_per_s\": %.1f, \"document_per_s\": %.1f, \"memory_kb\": %ld}\n",
        mails.size(), all.size(), parsed, mapped, peak_kb(all.size()));
}
