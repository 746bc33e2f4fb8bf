// admin: see the header. Whoever has not the admin right gets `forbidden` for all of it.
#include "gateway/http/admin.h"

#include "email2/names.h"
#include "gateway/accounts/verifier.h"
#include "gateway/admin_rows.h"
#include "gateway/handover.h"
#include "gateway/http/limits.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace gateway::http::admin {
namespace {

namespace asio = boost::asio;
using email2::Code;
using email2::Record;

struct Asked {
    std::vector<std::string> arguments;
    std::map<std::string, std::string> query;
    std::string xml;

    [[nodiscard]] std::string query_text(const std::string& name) const
    {
        const auto found = query.find(name);
        return found == query.end() ? "" : found->second;
    }
};

using Work = Response (*)(Admin&, const Asked&);

// What is not as it should be ends the work; perform() makes an answer of it.
struct Wrong {
    email2::Error error;
};

Record body(const Asked& asked, std::string_view element)
{
    auto record = email2::read_record(asked.xml, element);
    if (!record) throw Wrong{record.error()};
    return *std::move(record);
}

std::string need(const Record& record, const std::string& name)
{
    auto value = record.value(name);
    if (value.empty()) throw Wrong{{Code::invalid, "This attribute is missing.", "/" + record.element + "/@" + name}};
    return value;
}

bool truth(const std::string& boolean)
{
    return boolean == "true" || boolean == "1";
}

Response nothing()
{
    return Response{204, {}, {}, 0, {}};
}

template <class Row>
Response many(const char* element, const char* each, const std::vector<Row>& rows)
{
    return document_response(200, email2::write(records_of(element, each, rows_of(rows))));
}

template <class Row>
Response one(unsigned status, const char* element, const Row& row)
{
    return document_response(status, email2::write(record_of(element, row_of(row))));
}

std::int64_t entry_of(const Asked& asked)
{
    const auto& text = asked.arguments.at(0);
    std::int64_t id = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || stop != text.data() + text.size())
        throw Refused("There is no entry " + text + " in the queue.", Code::not_found);
    return id;
}

// --- accounts

Response list_accounts(Admin& admin, const Asked&)
{
    return many("accounts", "account", admin.accounts());
}

Response show_account(Admin& admin, const Asked& asked)
{
    return one(200, "account", admin.account(asked.arguments.at(0)));
}

Response add_account(Admin& admin, const Asked& asked)
{
    const auto wanted = body(asked, "account");
    const auto address = need(wanted, "address");
    admin.add_accounts(
        {{address, accounts::make_verifier(need(wanted, "password")), wanted.value("name")}}, Admin::Reuse::refuse);
    return one(201, "account", admin.account(address));
}

Response change_account(Admin& admin, const Asked& asked)
{
    const auto wanted = body(asked, "account");
    Admin::AccountChange change;
    for (const auto& [name, value] : wanted.values) {
        if (name == "name") change.name = value;
        else if (name == "password") change.verifier = accounts::make_verifier(need(wanted, name));
        else if (name == "state") change.suspended = value == "suspended";
        else if (name == "admin") change.admin = truth(value);
        else if (name == "lists") change.lists = truth(value);
        else if (name == "quota") change.quota = quota_of(value);
        else if (name == "send-quota") change.send_quota = quota_of(value);
        else throw Wrong{{Code::invalid, "This cannot be changed.", "/account/@" + name}};
    }
    admin.change_account(asked.arguments.at(0), change);
    return show_account(admin, asked);
}

Response remove_account(Admin& admin, const Asked& asked)
{
    admin.remove_account(asked.arguments.at(0));
    return nothing();
}

// --- aliases

Response list_aliases(Admin& admin, const Asked&)
{
    return many("aliases", "alias", admin.aliases());
}

Response add_alias(Admin& admin, const Asked& asked)
{
    const auto wanted = body(asked, "alias");
    admin.add_alias(wanted.value("alias"), wanted.value("target"));
    return document_response(201, email2::write(wanted));
}

Response remove_alias(Admin& admin, const Asked& asked)
{
    admin.remove_alias(asked.arguments.at(0));
    return nothing();
}

// --- lists and their owners

Response list_lists(Admin& admin, const Asked&)
{
    return many("lists", "list", admin.lists());
}

Response show_list(Admin& admin, const Asked& asked)
{
    return one(200, "list", admin.list(asked.arguments.at(0)));
}

Response add_list(Admin& admin, const Asked& asked)
{
    const auto wanted = body(asked, "list");
    Admin::NewList list{need(wanted, "alias"), wanted.value("name"), "members", {need(wanted, "owner")}};
    if (const auto posting = wanted.value("posting"); !posting.empty()) list.posting = posting;
    admin.add_list(list);
    return one(201, "list", admin.list(list.alias));
}

Response change_list(Admin& admin, const Asked& asked)
{
    const auto wanted = body(asked, "list");
    std::optional<std::string> name, posting;
    for (const auto& [what, value] : wanted.values) {
        if (what == "name") name = value;
        else if (what == "posting") posting = value;
        else throw Wrong{{Code::invalid, "This cannot be changed.", "/list/@" + what}};
    }
    admin.change_list(asked.arguments.at(0), name, posting);
    return show_list(admin, asked);
}

Response remove_list(Admin& admin, const Asked& asked)
{
    admin.remove_list(asked.arguments.at(0));
    return nothing();
}

Response list_owners(Admin& admin, const Asked& asked)
{
    email2::Records owners{"owners", {}};
    for (const auto& owner : admin.owners(asked.arguments.at(0)))
        owners.records.push_back({"owner", {{"address", owner}}});
    return document_response(200, email2::write(owners));
}

Response add_owner(Admin& admin, const Asked& asked)
{
    admin.change_owner(asked.arguments.at(0), asked.arguments.at(1), Admin::Owner::add);
    return nothing();
}

Response remove_owner(Admin& admin, const Asked& asked)
{
    admin.change_owner(asked.arguments.at(0), asked.arguments.at(1), Admin::Owner::remove);
    return nothing();
}

// --- the trust of domains

Response list_domains(Admin& admin, const Asked&)
{
    return many("domains", "domain", admin.domains());
}

Response change_domain(Admin& admin, const Asked& asked)
{
    const auto trusted = need(body(asked, "domain"), "trusted");
    admin.set_trust(asked.arguments.at(0), truth(trusted) ? Admin::Trust::restore : Admin::Trust::withdraw);
    return nothing();
}

// --- the queue, messages, the audit

Response list_queue(Admin& admin, const Asked&)
{
    return many("queue", "queued", admin.queue());
}

Response show_queued(Admin& admin, const Asked& asked)
{
    const auto row = admin.queued(entry_of(asked));
    if (!row) throw Refused("There is no such entry in the queue.", Code::not_found);
    return one(200, "queued", *row);
}

Response retry_queued(Admin& admin, const Asked& asked)
{
    admin.retry(entry_of(asked));
    return nothing();
}

Response retry_queue(Admin& admin, const Asked&)
{
    admin.retry(std::nullopt);
    return nothing();
}

Response remove_queued(Admin& admin, const Asked& asked)
{
    admin.remove_queued(entry_of(asked));
    return nothing();
}

Response show_message(Admin& admin, const Asked& asked)
{
    auto xml = admin.message(asked.arguments.at(0));
    if (!xml) throw Refused("There is no such message.", Code::not_found);
    return document_response(200, *std::move(xml));
}

std::optional<Admin::Time> time_of(const Asked& asked, const std::string& name)
{
    const auto text = asked.query_text(name);
    if (text.empty()) return std::nullopt;
    const auto time = email2::parse_time(text);
    if (!time) throw Wrong{{Code::invalid, "The parameter " + name + " is no time as in 2026-11-24T06:00:00Z.", {}}};
    return time;
}

Response show_audit(Admin& admin, const Asked& asked)
{
    Admin::AuditQuestion question{asked.query_text("account"), asked.query_text("message"), time_of(asked, "since"),
        time_of(asked, "until"), asked.query_text("after"), limits::page};
    if (const auto text = asked.query_text("limit"); !text.empty()) {
        std::size_t limit = 0;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
        if (error != std::errc{} || stop != text.data() + text.size() || limit == 0 || limit > limits::page)
            throw Wrong{{Code::invalid,
                "The parameter limit is no number from 1 to " + std::to_string(limits::page) + ".", {}}};
        question.limit = limit;
    }
    return many("audit", "line", admin.audit(question));
}

// --- people

// A file that has no name any more, and goes when the last piece of it was answered.
class Unnamed {
public:
    explicit Unnamed(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC))
    {
        if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), path);
        size_ = static_cast<std::uint64_t>(::lseek(descriptor_, 0, SEEK_END));
    }
    ~Unnamed() { ::close(descriptor_); }
    Unnamed(const Unnamed&) = delete;
    Unnamed& operator=(const Unnamed&) = delete;
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] std::string read(std::uint64_t offset) const
    {
        std::string piece(std::min<std::uint64_t>(limits::piece, size_ - offset), '\0');
        const auto got = ::pread(descriptor_, piece.data(), piece.size(), static_cast<off_t>(offset));
        if (got < 0) throw std::system_error(errno, std::generic_category(), "pread");
        piece.resize(static_cast<std::size_t>(got));
        return piece;
    }

private:
    int descriptor_;
    std::uint64_t size_ = 0;
};

struct Folder {  // for the time of writing
    Folder()
    {
        path = std::filesystem::temp_directory_path() / "email2-person-XXXXXX";
        if (::mkdtemp(path.data()) == nullptr) throw std::system_error(errno, std::generic_category(), path);
    }
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path;
};

// Made whole before the answer begins: what cannot be made is said as an error.
Response export_person(Admin& admin, const Asked& asked)
{
    const Folder folder;
    const auto path = folder.path + "/person.tar";
    hand_over(admin, asked.arguments.at(0), *boxes::tar_sink(path), [](const auto&, auto, auto) {});
    const auto file = std::make_shared<Unnamed>(path);
    Response response;
    response.length = file->size();
    response.next = [file](std::uint64_t offset) -> asio::awaitable<std::string> { co_return file->read(offset); };
    return std::move(response).with("Content-Type", "application/x-tar").with("Cache-Control", "no-store");
}

// The address is closed before the answer; the rest goes on by itself, whatever becomes of this request.
Response erase_person(Admin& admin, const Asked& asked)
{
    const auto erasure = admin.begin_erasing(asked.arguments.at(0));
    if (erasure.ended) return nothing();
    return one(202, "erasure", erasure)
        .with("Location", "/v1/admin/people/" + percent_encoded(asked.arguments.at(0)) + "/erasure");
}

Response show_erasure(Admin& admin, const Asked& asked)
{
    return one(200, "erasure", admin.erasure(asked.arguments.at(0)));
}

Response answer(Admin& admin, const std::string& account, const Asked& asked, Work work)
{
    try {
        if (!admin.is_admin(account)) return error_response(Code::forbidden, "This takes the admin right.");
        return work(admin, asked);
    } catch (const Wrong& wrong) {
        return error_response(wrong.error);
    } catch (const Refused& refused) {
        return error_response(refused.code, refused.what());
    }
}

template <Work work>
asio::awaitable<Response> perform(Call& call)
{
    Asked asked{call.arguments, call.request.target.query, {}};
    if (call.request.method != "GET" && call.request.method != "HEAD") asked.xml = co_await document_body(call);
    auto job = [account = call.account, asked = std::move(asked)](
                   Admin& admin) { return answer(admin, account, asked, work); };
    co_return co_await call.services.administer(call.account, std::move(job));
}

constexpr std::array table{
    Route{"GET", "/v1/admin/accounts", &perform<&list_accounts>, Access::account},
    Route{"POST", "/v1/admin/accounts", &perform<&add_account>, Access::account},
    Route{"GET", "/v1/admin/accounts/{address}", &perform<&show_account>, Access::account},
    Route{"PATCH", "/v1/admin/accounts/{address}", &perform<&change_account>, Access::account},
    Route{"DELETE", "/v1/admin/accounts/{address}", &perform<&remove_account>, Access::account},
    Route{"GET", "/v1/admin/aliases", &perform<&list_aliases>, Access::account},
    Route{"POST", "/v1/admin/aliases", &perform<&add_alias>, Access::account},
    Route{"DELETE", "/v1/admin/aliases/{alias}", &perform<&remove_alias>, Access::account},
    Route{"GET", "/v1/admin/lists", &perform<&list_lists>, Access::account},
    Route{"POST", "/v1/admin/lists", &perform<&add_list>, Access::account},
    Route{"GET", "/v1/admin/lists/{alias}", &perform<&show_list>, Access::account},
    Route{"PATCH", "/v1/admin/lists/{alias}", &perform<&change_list>, Access::account},
    Route{"DELETE", "/v1/admin/lists/{alias}", &perform<&remove_list>, Access::account},
    Route{"GET", "/v1/admin/lists/{alias}/owners", &perform<&list_owners>, Access::account},
    Route{"PUT", "/v1/admin/lists/{alias}/owners/{address}", &perform<&add_owner>, Access::account},
    Route{"DELETE", "/v1/admin/lists/{alias}/owners/{address}", &perform<&remove_owner>, Access::account},
    Route{"GET", "/v1/admin/domains", &perform<&list_domains>, Access::account},
    Route{"PATCH", "/v1/admin/domains/{domain}", &perform<&change_domain>, Access::account},
    Route{"GET", "/v1/admin/queue", &perform<&list_queue>, Access::account},
    Route{"POST", "/v1/admin/queue/retry", &perform<&retry_queue>, Access::account},
    Route{"GET", "/v1/admin/queue/{id}", &perform<&show_queued>, Access::account},
    Route{"DELETE", "/v1/admin/queue/{id}", &perform<&remove_queued>, Access::account},
    Route{"POST", "/v1/admin/queue/{id}/retry", &perform<&retry_queued>, Access::account},
    Route{"GET", "/v1/admin/messages/{id}", &perform<&show_message>, Access::account},
    Route{"GET", "/v1/admin/people/{address}", &perform<&export_person>, Access::account},
    Route{"DELETE", "/v1/admin/people/{address}", &perform<&erase_person>, Access::account},
    Route{"GET", "/v1/admin/people/{address}/erasure", &perform<&show_erasure>, Access::account},
    Route{"GET", "/v1/admin/audit", &perform<&show_audit>, Access::account},
};

}  // namespace

std::span<const Route> routes()
{
    return table;
}

}  // namespace gateway::http::admin
