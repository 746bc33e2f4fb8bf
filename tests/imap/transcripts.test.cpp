// transcripts: every dialogue of transcripts/, on sessions in memory; and on a real server when
// IMAP_SERVER=host:port,user,password says where one is.
#include "house.h"
#include "transcript.h"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace imap::test;

namespace {

class MemoryLine : public Line {
public:
    explicit MemoryLine(House& house, int break_at = 0) : house_{house}, guest_{house.prepare()}
    {
        guest_.wire.break_at(break_at);
        house.start(guest_);
    }

    ~MemoryLine() override
    {
        guest_.wire.hang_up();
        house_.run();
    }

    void send(std::string_view bytes) override { guest_.wire.send(bytes); }

    std::string receive(bool& ended) override
    {
        house_.run();
        got_ += guest_.wire.take_output();
        const auto end = got_.find("\r\n");
        ended = end == std::string::npos;
        auto line = got_.substr(0, ended ? 0 : end);
        if (!ended) got_.erase(0, end + 2);
        return line;
    }

    House::Guest& guest() { return guest_; }

private:
    House& house_;
    House::Guest& guest_;
    std::string got_;
};

// Blocking, on a real socket.
class SocketLine : public Line {
public:
    explicit SocketLine(const std::string& address)
        : stream_{address.substr(0, address.find(':')), address.substr(address.find(':') + 1)}
    {
        stream_.expires_after(std::chrono::seconds{20});
    }

    void send(std::string_view bytes) override { stream_ << bytes << std::flush; }

    std::string receive(bool& ended) override
    {
        std::string line;
        stream_.expires_after(std::chrono::seconds{5});
        ended = !std::getline(stream_, line);
        if (line.ends_with('\r')) line.pop_back();
        return line;
    }

private:
    boost::asio::ip::tcp::iostream stream_;
};

}  // namespace

TEST_CASE("every transcript goes as written")
{
    for (const auto& file : transcript_files()) {
        House house;
        Player player;
        player.connect = [&] { return std::make_unique<MemoryLine>(house); };
        const auto played = play(read_file(file), player);
        CHECK_MESSAGE(played.error == "", file, ": ", played.error);
    }
}

TEST_CASE("a session ends quietly wherever in a transcript the connection breaks")
{
    for (const auto& file : transcript_files()) {
        const auto text = read_file(file);
        bool broken = true;
        for (int step = 1; broken && step < 500; ++step) {
            House house;
            Player player;
            House::Guest* first = nullptr;
            player.connect = [&] {
                auto line = std::make_unique<MemoryLine>(house, first == nullptr ? step : 0);
                if (first == nullptr) first = &line->guest();
                return line;
            };
            (void)play(text, player);
            REQUIRE(first != nullptr);
            broken = first->wire.steps() >= step;
            house.run();
            if (broken) CHECK_MESSAGE(first->ended, file, ": step ", step);
        }
    }
}

TEST_CASE("every transcript goes as written on another server" * doctest::skip(std::getenv("IMAP_SERVER") == nullptr))
{
    std::string where = std::getenv("IMAP_SERVER");
    const auto first = where.find(',');
    const auto second = where.find(',', first + 1);
    Player player;
    player.foreign = true;
    player.user = where.substr(first + 1, second - first - 1);
    player.password = where.substr(second + 1);
    player.connect = [&] { return std::make_unique<SocketLine>(where.substr(0, first)); };
    for (const auto& file : transcript_files()) {
        const auto played = play(read_file(file), player);
        CHECK_MESSAGE(played.error == "", file, ": ", played.error);
        if (!played.skipped) MESSAGE(file << ": played");
    }
}
