// smtp_session: a server session and a client session over whatever the other side sends, cut
// anywhere: they end, and say nothing but SMTP.
//
// The first octet says how the input is cut and which session it is for.
#include "smtp/client_session.h"
#include "smtp/reply_reader.h"
#include "smtp/server_session.h"

#include <boost/asio.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

namespace asio = boost::asio;

class InputWire : public smtp::Wire {
public:
    InputWire(std::string_view input, std::size_t piece) : input_(input), piece_(piece) {}

    std::string said;

    asio::awaitable<bool> read(std::string& buffer, std::chrono::milliseconds) override
    {
        if (input_.empty()) co_return false;
        buffer += input_.substr(0, piece_);
        input_.remove_prefix(std::min(piece_, input_.size()));
        co_return true;
    }

    asio::awaitable<void> write(std::string_view bytes, std::chrono::milliseconds) override
    {
        said += bytes;
        co_return;
    }

    asio::awaitable<void> start_tls(std::string) override
    {
        encrypted_ = true;
        co_return;
    }

    [[nodiscard]] bool encrypted() const override { return encrypted_; }

    [[nodiscard]] std::string tls_summary() const override { return ""; }

    [[nodiscard]] std::string peer_address() const override { return "192.0.2.1"; }

    [[nodiscard]] bool loopback() const override { return false; }

    void close() override {}

private:
    std::string_view input_;
    std::size_t piece_;
    bool encrypted_ = false;
};

class AnySink : public smtp::MailSink {
public:
    asio::awaitable<smtp::Reply> mail(const smtp::Peer&, const smtp::MailFrom&) override
    {
        co_return smtp::Reply{250, "2.1.0", "OK"};
    }

    asio::awaitable<smtp::Reply> rcpt(const smtp::Peer&, const smtp::Envelope&, const smtp::RcptTo&) override
    {
        co_return smtp::Reply{250, "2.1.5", "OK"};
    }

    asio::awaitable<smtp::Reply> data(const smtp::Peer&, smtp::Envelope envelope, mime::Spool mail) override
    {
        const auto bytes = mail.bytes();
        if (envelope.to.empty() || bytes.find('\0') != std::string_view::npos) std::abort();
        for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1))
            if (at == 0 || bytes[at - 1] != '\r') std::abort();
        co_return smtp::Reply{250, "2.0.0", "OK"};
    }
};

void serve(std::string_view input, std::size_t piece, smtp::BareNewline bare_newline)
{
    auto settings = std::make_shared<smtp::ServerSettings>();
    settings->hostname = "mx.test";
    settings->bare_newline = bare_newline;
    settings->limits.message = 1000;
    settings->limits.swallowed_message = 4000;
    settings->limits.command_line = 200;
    settings->limits.swallowed_line = 1000;
    InputWire wire(input, piece);
    AnySink sink;
    asio::io_context context;
    bool over = false;
    smtp::ServerSession session(wire, sink, nullptr, settings, "1");
    asio::co_spawn(context, session.run(), [&](const std::exception_ptr&, smtp::Ending) { over = true; });
    context.run();
    if (!over) std::abort();
    for (std::string_view said = wire.said; !said.empty();) {
        const auto reply = smtp::read_reply(said);
        if (reply.reading != smtp::Reading::whole) std::abort();
        said.remove_prefix(reply.length);
    }
}

asio::awaitable<void> converse(smtp::ClientSession& session)
{
    co_await session.open();
    for (int i = 0; i < 3 && session.usable(); ++i) {
        const auto answers = co_await session.send(
            {{.reverse_path = "a@b.test"}, {{"c@d.test", {}, {}}, {"e@f.test", {}, {}}}, {".x\r\n"}});
        if (answers.size() != 2) std::abort();
    }
    co_await session.quit();
}

void ask(std::string_view input, std::size_t piece)
{
    InputWire wire(input, piece);
    asio::io_context context;
    bool over = false;
    smtp::ClientSession session(wire, {.hostname = "us.test"});
    asio::co_spawn(context, converse(session), [&](const std::exception_ptr& error) { over = !error; });
    context.run();
    if (!over) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t piece = data[0] / 4 + 1;
    switch (data[0] % 4) {
    case 0: serve(input, piece, smtp::BareNewline::refuse); break;
    case 1: serve(input, 65'536, smtp::BareNewline::normalise); break;
    case 2: ask(input, piece); break;
    default: serve(input, piece, smtp::BareNewline::normalise);
    }
    return 0;
}
