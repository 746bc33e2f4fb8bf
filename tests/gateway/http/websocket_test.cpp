// http/websocket_test: events by WebSocket, spoken by hand. RFC 6455.
#include "email2/xml.h"
#include "tests/gateway/http/rig.h"

#include <doctest/doctest.h>

using namespace http_test;

namespace {

// The key and the answer to it are RFC 6455's own, 1.3.
const std::string upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

struct Frame {
    int opcode = -1;
    std::string payload;
};

class Socket {
public:
    explicit Socket(const std::string& target) : client_(Rig::port)
    {
        client_.send(Rig::request("GET", target, {}, Rig::authorization + upgrade));
        answer = client_.receive(true);
    }

    Frame next()
    {
        Frame frame;
        const auto head = client_.exactly(2);
        if (head.size() < 2) return frame;
        std::size_t length = static_cast<unsigned char>(head[1]);
        if (length == 126) {
            const auto more = client_.exactly(2);
            length = static_cast<std::size_t>(static_cast<unsigned char>(more[0])) << 8 |
                     static_cast<unsigned char>(more[1]);
        }
        frame.opcode = head[0] & 15;
        frame.payload = client_.exactly(length);
        return frame;
    }

    // Masked by zeros, which is allowed, if no good idea.
    void say(int opcode, const std::string& payload)
    {
        std::string frame{static_cast<char>(0x80 | opcode), static_cast<char>(0x80 | payload.size()), 0, 0, 0, 0};
        client_.send(frame + payload);
    }

    bool closed() { return client_.closed(); }

    Answer answer;

private:
    Client client_;
};

http::Heard heard(std::uint64_t sequence)
{
    Event event{sequence, {"0192f0c1-7a00-7000-8000-000000000002", "one.test"}, 1, EventKind::left, "", {}};
    return {std::make_shared<const Event>(event), std::make_shared<const std::string>(write(event))};
}

Event event_in(const Frame& frame)
{
    CHECK(frame.opcode == 1);
    const auto event = read_event(frame.payload);
    REQUIRE_MESSAGE(event, frame.payload);
    return *event;
}

void log_events(Rig& rig, std::uint64_t count)
{
    for (std::uint64_t n = rig.services.store.log.size() + 1; n <= count; ++n)
        rig.services.store.log.push_back(*heard(n).event);
}

unsigned code_of(const Frame& frame)
{
    if (frame.opcode != 8 || frame.payload.size() < 2) return 0;
    return static_cast<unsigned>(static_cast<unsigned char>(frame.payload[0])) << 8 |
           static_cast<unsigned char>(frame.payload[1]);
}

}  // namespace

TEST_CASE("an upgrade is accepted, and each event is a frame: those that were, then those that come, each once")
{
    Rig rig;
    log_events(rig, 3);
    rig.services.while_waiting = [](int wait) -> std::optional<http::Following::News> {
        if (wait == 2) return http::Following::News{{heard(3), heard(4)}, false, false};  // 3 was in the store already
        return std::nullopt;
    };
    Socket socket("/v1/events?after=1");
    CHECK(socket.answer.status == 101);
    CHECK(socket.answer.field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    CHECK(event_in(socket.next()).sequence == 2);
    CHECK(event_in(socket.next()).sequence == 3);
    CHECK(event_in(socket.next()).sequence == 4);
}

TEST_CASE("who was told too much at once reads on in the store, and misses nothing")
{
    Rig rig;
    rig.services.while_waiting = [&rig](int wait) -> std::optional<http::Following::News> {
        if (wait != 1) return std::nullopt;
        log_events(rig, 5);
        return http::Following::News{{}, true, false};
    };
    Socket socket("/v1/events?after=0");
    for (std::uint64_t n = 1; n <= 5; ++n) CHECK(event_in(socket.next()).sequence == n);
}

TEST_CASE("pings are answered, and a client that closes is answered")
{
    Rig rig;
    Socket socket("/v1/events");
    socket.say(9, "there?");
    const auto pong = socket.next();
    CHECK(pong.opcode == 10);
    CHECK(pong.payload == "there?");
    socket.say(8, "\x03\xE8");
    CHECK(code_of(socket.next()) == 1000);
    CHECK(socket.closed());
}

TEST_CASE("a server that stops says that it goes away")
{
    Rig rig;
    rig.services.while_waiting = [](int) -> std::optional<http::Following::News> {
        return http::Following::News{{}, false, true};
    };
    Socket socket("/v1/events");
    CHECK(code_of(socket.next()) == 1001);
}

TEST_CASE("what is no upgrade, or says too much, is refused")
{
    Rig rig;
    CHECK(rig.ask("GET", "/v1/events", {}, "Connection: Upgrade\r\nUpgrade: websocket\r\n").status == 400);
    CHECK(rig.ask("GET", "/v1/events?after=x", {}, upgrade).status == 400);
    rig.services.store.refusal = Error{Code::gone, "Older events are gone.", {}};
    CHECK(rig.ask("GET", "/v1/events", {}, upgrade).status == 410);
    rig.services.store.refusal.reset();
    Client stranger(Rig::port);
    stranger.send(Rig::request("GET", "/v1/events", {}, upgrade));
    CHECK(stranger.receive().status == 401);

    Socket unmasked("/v1/events");
    REQUIRE(unmasked.answer.status == 101);
    unmasked.say(1, std::string(100, 'x'));  // words are heard and dropped
    unmasked.say(9, "");
    CHECK(unmasked.next().opcode == 10);
}
