// sasl: PLAIN and LOGIN end in a password; SCRAM is libgsasl's, fed with the stored keys.
#include "gateway/accounts/sasl.h"

#include "gateway/accounts/limits.h"
#include "gateway/accounts/verifier.h"

#include <algorithm>
#include <gsasl.h>

namespace gateway::accounts {

namespace asio = boost::asio;
using Step = asio::awaitable<std::optional<std::string>>;

namespace {

// RFC 4616: [authzid] NUL authcid NUL passwd.
class Plain final : public Exchange {
    using Exchange::Exchange;

    Step next(std::optional<std::string> response) override
    {
        if (!response) co_return "";
        const auto first = response->find('\0');
        const auto second = first == response->npos ? first : response->find('\0', first + 1);
        if (second == response->npos || response->find('\0', second + 1) != response->npos) co_return std::nullopt;
        const auto acts_for = response->substr(0, first);
        const auto login = response->substr(first + 1, second - first - 1);
        outcome_ = co_await authenticator_.check(login, response->substr(second + 1), peer_);
        // Nobody may act for somebody else.
        if (!acts_for.empty() && acts_for != login && acts_for != outcome_.user) outcome_ = {};
        co_return std::nullopt;
    }
};

// Not standardised; as in draft-murchison-sasl-login. Some clients send the name as initial
// response.
class Login final : public Exchange {
    using Exchange::Exchange;

    Step next(std::optional<std::string> response) override
    {
        if (!response) co_return "Username:";
        if (!named_) {
            named_ = true;
            login_ = *std::move(response);
            co_return "Password:";
        }
        outcome_ = co_await authenticator_.check(login_, *std::move(response), peer_);
        co_return std::nullopt;
    }

    bool named_ = false;
    std::string login_;
};

// saslname of RFC 5802 7 in `gs2-header "n=" saslname ",r=" …`; nullopt where the message is not of
// this form.
std::optional<std::string> name_in_client_first(std::string_view message)
{
    // gs2-cbind-flag "," [authzid] ","
    for (int comma = 0; comma < 2; ++comma) {
        const auto at = message.find(',');
        if (at == message.npos) return std::nullopt;
        message.remove_prefix(at + 1);
    }
    if (!message.starts_with("n=")) return std::nullopt;
    message.remove_prefix(2);
    message = message.substr(0, message.find(','));
    std::string name;
    for (std::size_t i = 0; i < message.size(); ++i) {
        const auto escape = message.substr(i, 3);
        const bool escaped = escape == "=2C" || escape == "=3D";
        name += escape == "=2C" ? ',' : escape == "=3D" ? '=' : message[i];
        if (escaped) i += 2;
    }
    return name;
}

class Scram final : public Exchange {
public:
    Scram(Authenticator& authenticator, std::string peer) : Exchange(authenticator, std::move(peer))
    {
        Gsasl_session* session = nullptr;
        if (gsasl_server_start(authenticator_.library(), "SCRAM-SHA-256", &session) == GSASL_OK)
            session_.reset(session);
    }

private:
    Step next(std::optional<std::string> response) override
    {
        if (proven_) {  // the client has read our own proof
            outcome_ = suspended_ ? Outcome{"", "account suspended"} : Outcome{address_, ""};
            co_return std::nullopt;
        }
        if (!response) co_return "";
        if (!known_) {
            if (!co_await look_up(*response)) co_return std::nullopt;
        }
        char* output = nullptr;
        std::size_t size = 0;
        const int result = session_ ? gsasl_step(session_.get(), response->data(), response->size(), &output, &size)
                                    : GSASL_UNKNOWN_MECHANISM;
        const std::unique_ptr<char, decltype(&gsasl_free)> owned(output, gsasl_free);
        if (result != GSASL_OK && result != GSASL_NEEDS_MORE) {
            co_await authenticator_.failed(peer_, address_);
            co_return std::nullopt;
        }
        proven_ = result == GSASL_OK;
        co_return std::string(output ? output : "", size);
    }

    // Somebody unknown goes through the same steps with keys that nothing fits.
    asio::awaitable<bool> look_up(const std::string& client_first)
    {
        const auto login = name_in_client_first(client_first);
        if (!login || login->size() > credential || !session_) co_return false;
        const auto account = co_await authenticator_.find(*login);
        auto verifier = parse_verifier(account ? account->verifier : authenticator_.decoy(*login));
        if (!verifier) verifier = parse_verifier(authenticator_.decoy(*login));
        if (account) {
            address_ = account->address;
            suspended_ = account->suspended;
        }
        const auto set = [&](Gsasl_property property, const std::string& value) {
            gsasl_property_set(session_.get(), property, value.c_str());
        };
        set(GSASL_SCRAM_ITER, std::to_string(verifier->iterations));
        set(GSASL_SCRAM_SALT, base64(verifier->salt));
        set(GSASL_SCRAM_STOREDKEY, base64(verifier->stored_key));
        set(GSASL_SCRAM_SERVERKEY, base64(verifier->server_key));
        known_ = true;
        co_return true;
    }

    struct Finish {
        void operator()(Gsasl_session* session) const { gsasl_finish(session); }
    };

    std::unique_ptr<Gsasl_session, Finish> session_;
    bool known_ = false, proven_ = false, suspended_ = false;
    std::string address_;
};

}  // namespace

Step Exchange::step(std::optional<std::string> response)
{
    if (over_ || ++steps_ > steps) co_return std::nullopt;
    auto challenge = co_await next(std::move(response));
    over_ = !challenge;
    co_return challenge;
}

std::vector<std::string> offered(bool encrypted, bool loopback)
{
    if (!encrypted && !loopback) return {};
    return {"SCRAM-SHA-256", "PLAIN", "LOGIN"};
}

std::unique_ptr<Exchange> start_exchange(
    Authenticator& authenticator, std::string_view mechanism, bool encrypted, bool loopback, std::string peer)
{
    std::string name(mechanism);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    const auto names = offered(encrypted, loopback);
    if (std::find(names.begin(), names.end(), name) == names.end()) return nullptr;
    if (name == "PLAIN") return std::make_unique<Plain>(authenticator, std::move(peer));
    if (name == "LOGIN") return std::make_unique<Login>(authenticator, std::move(peer));
    return std::make_unique<Scram>(authenticator, std::move(peer));
}

}  // namespace gateway::accounts
