// memory_mailboxes: mailboxes in memory, for tests only.
#include "memory_mailboxes.h"

#include "imap/describe.h"
#include "imap/sequence_set.h"
#include "imap/text.h"
#include "memory_search.h"
#include "mime/ascii.h"
#include "mime/fold.h"
#include "mime/header.h"
#include "mime/message.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <stdexcept>

namespace imap::test {

namespace {

namespace asio = boost::asio;

No no_such()
{
    return {"NONEXISTENT", "Mailbox does not exist"};
}

No try_create()
{
    return {"TRYCREATE", "Mailbox does not exist"};
}

class MemoryMailbox : public Mailbox {
public:
    MemoryMailbox(MemoryStore& store, std::shared_ptr<Box> box, bool read_only)
        : store_{store}, box_{std::move(box)}, recent_from_{box_->recent_from}, read_only_{read_only}
    {
        if (!read_only_) box_->recent_from = box_->uid_next;
    }

    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const override { return box_->snapshot; }

    Async<void> refresh() override
    {
        store_.check();
        co_return;
    }

    Async<void> wait(std::shared_ptr<const Snapshot> known) override
    {
        while (box_->snapshot == known) {
            store_.check();
            asio::steady_timer timer{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
            box_->waiting.insert(&timer);
            boost::system::error_code error;
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
            box_->waiting.erase(&timer);
            if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
        }
    }

    [[nodiscard]] Uid recent_from() const override { return recent_from_; }

    [[nodiscard]] std::string mailbox_id() const override { return box_->info.mailbox_id; }

    [[nodiscard]] bool read_only() const override { return read_only_; }

    Async<std::vector<Metadata>> metadata(std::vector<Uid> uids, unsigned) override
    {
        store_.check();
        std::vector<Metadata> out;
        for (const auto uid : uids) {
            const auto* mail = find(uid);
            if (mail == nullptr) continue;
            const auto message = mime::parse(*mail->bytes);
            Metadata m;
            m.uid = uid;
            m.size = mail->bytes->size();
            m.internal_date = mail->date;
            m.envelope = envelope(message, *mail->bytes);
            m.body_structure = body_structure(message, *mail->bytes);
            m.email_id = "E" + std::to_string(m.size);
            m.thread_id = "T1";
            m.outline = mime::outline(message);
            out.push_back(std::move(m));
        }
        co_return out;
    }

    Async<std::vector<std::string>> read(std::vector<Uid> uids) override
    {
        store_.check();
        std::vector<std::string> out;
        std::uint64_t sum = 0;
        for (const auto uid : uids) {
            const auto* mail = find(uid);
            out.push_back(mail == nullptr ? std::string{} : *mail->bytes);
            sum += out.back().size();
        }
        store_.largest_read = std::max(store_.largest_read, sum);
        co_return out;
    }

    Async<std::string> read(Uid uid, std::uint64_t offset, std::uint64_t length) override
    {
        store_.check();
        const auto* mail = find(uid);
        if (mail == nullptr || offset > mail->bytes->size()) co_return std::string{};
        auto out = mail->bytes->substr(offset, length);
        store_.largest_read = std::max<std::uint64_t>(store_.largest_read, out.size());
        co_return out;
    }

    Async<std::vector<UidRange>> expunged_since(ModSeq modseq) override
    {
        store_.check();
        std::vector<Uid> uids;
        for (const auto& [uid, at] : box_->expunged)
            if (at > modseq) uids.push_back(uid);
        co_return ranges_of(uids);
    }

    Async<std::vector<Uid>> matching(ContentKey key, std::vector<Uid> among) override
    {
        store_.check();
        std::erase_if(among, [&](Uid uid) {
            const auto* mail = find(uid);
            return mail == nullptr || !matches_key(key, *mail);
        });
        co_return among;
    }

    Async<Result<Stored>> store(std::vector<Uid> uids, StoreMode mode, Flags flags, std::vector<std::string> keywords,
        std::optional<ModSeq> unchanged_since) override
    {
        store_.check();
        const auto bits = store_.bits(flags, keywords);
        if (!bits) co_return tl::unexpected{No{"LIMIT", "Too many keywords"}};
        Stored out;
        const auto modseq = store_.modseq + 1;
        for (auto& mail : box_->mails) {
            if (!std::ranges::binary_search(uids, mail.state.uid)) continue;
            if (unchanged_since && mail.state.modseq > *unchanged_since) {
                out.modified.push_back(mail.state.uid);
                continue;
            }
            const auto before = mail.state.flags;
            mail.state.flags = mode == StoreMode::replace ? *bits
                               : mode == StoreMode::add   ? before | *bits
                                                          : before & ~*bits;
            if (mail.state.flags == before) continue;
            mail.state.modseq = modseq;
            out.changed.push_back(mail.state);
        }
        if (!out.changed.empty()) store_.publish(*box_);
        co_return out;
    }

    Async<Result<std::vector<Uid>>> expunge(std::optional<std::vector<Uid>> uids) override
    {
        store_.check();
        co_return take([&](const StoredMail& mail) {
            return (mail.state.flags & deleted) != 0 && (!uids || std::ranges::binary_search(*uids, mail.state.uid));
        });
    }

    Async<Result<Copied>> copy(std::vector<Uid> uids, std::string destination) override
    {
        store_.check();
        const auto to = store_.boxes.find(destination);
        if (to == store_.boxes.end()) co_return tl::unexpected{try_create()};
        Copied out{to->second->uid_validity};
        for (const auto uid : uids) {
            const auto* mail = find(uid);
            if (mail == nullptr) continue;
            out.from.push_back(uid);
            out.to.push_back(to->second->uid_next);
            to->second->mails.push_back(
                {{to->second->uid_next++, mail->state.flags, store_.modseq + 1}, mail->bytes, mail->date});
        }
        store_.publish(*to->second);
        co_return out;
    }

    Async<Result<Copied>> move(std::vector<Uid> uids, std::string destination) override
    {
        auto out = co_await copy(uids, std::move(destination));
        if (out)
            (void)take([&](const StoredMail& mail) { return std::ranges::binary_search(out->from, mail.state.uid); });
        co_return out;
    }

    Async<Result<Appended>> replace(Uid uid, std::string destination, AppendMessage message) override
    {
        store_.check();
        const auto* old = find(uid);
        if (old == nullptr) co_return tl::unexpected{No{"", "The message to be replaced is gone"}};
        const auto to = store_.boxes.find(destination);
        if (to == store_.boxes.end()) co_return tl::unexpected{try_create()};
        const auto octets = store_.used() - old->bytes->size() + message.mail.bytes().size();
        if (store_.limit && octets > *store_.limit) co_return tl::unexpected{No{"OVERQUOTA", "The store is full"}};
        const auto bits = store_.bits(message.flags, message.keywords);
        if (!bits) co_return tl::unexpected{No{"LIMIT", "Too many keywords"}};
        const auto made = store_.add(destination, std::string{message.mail.bytes()}, *bits, message.internal_date);
        (void)take([&](const StoredMail& mail) { return mail.state.uid == uid; });
        co_return Appended{to->second->uid_validity, {made}};
    }

private:
    const StoredMail* find(Uid uid) const
    {
        const auto found = std::ranges::find(box_->mails, uid, [](const auto& mail) { return mail.state.uid; });
        return found == box_->mails.end() ? nullptr : &*found;
    }

    template <class Which>
    std::vector<Uid> take(Which which)
    {
        std::vector<Uid> gone;
        std::erase_if(box_->mails, [&](const StoredMail& mail) {
            if (which(mail)) gone.push_back(mail.state.uid);
            return !gone.empty() && gone.back() == mail.state.uid;
        });
        for (const auto uid : gone) box_->expunged[uid] = store_.modseq + 1;
        if (!gone.empty()) store_.publish(*box_);
        return gone;
    }

    MemoryStore& store_;
    std::shared_ptr<Box> box_;
    Uid recent_from_;
    bool read_only_;
};

}  // namespace

class MemoryWatch : public Watch {
public:
    explicit MemoryWatch(MemoryStore& store) : store_{store} { store_.watches.insert(this); }

    ~MemoryWatch() override { store_.watches.erase(this); }

    void follow(const std::vector<std::string>& ids) override { followed_ = {ids.begin(), ids.end()}; }

    Async<void> wait() override
    {
        while (!names_ && changed_.empty()) {
            asio::steady_timer timer{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
            timer_ = &timer;
            boost::system::error_code error;
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
            timer_ = nullptr;
            if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
        }
    }

    News take() override
    {
        News news{std::exchange(names_, false), {changed_.begin(), changed_.end()}};
        changed_.clear();
        return news;
    }

    void stir(const std::string& id)
    {
        if (!followed_.contains(id)) return;
        changed_.insert(id);
        if (timer_ != nullptr) timer_->cancel();
    }

    void stir_names()
    {
        names_ = true;
        if (timer_ != nullptr) timer_->cancel();
    }

private:
    MemoryStore& store_;
    std::set<std::string> followed_, changed_;
    bool names_ = false;
    asio::steady_timer* timer_ = nullptr;
};

namespace {

class MemoryMailboxes : public Mailboxes {
public:
    MemoryMailboxes(MemoryStore& store, std::string user) : store_{store}, user_{std::move(user)} {}

    [[nodiscard]] std::string user() const override { return user_; }

    [[nodiscard]] std::vector<std::string> keywords() const override { return store_.keywords; }

    Async<std::vector<MailboxInfo>> list() override
    {
        store_.check();
        std::vector<MailboxInfo> out;
        for (const auto& [name, box] : store_.boxes) {
            out.push_back(box->info);
            out.back().subscribed = store_.subscribed.contains(name);
        }
        co_return out;
    }

    Async<std::vector<std::string>> subscriptions() override
    {
        store_.check();
        co_return std::vector<std::string>{store_.subscribed.begin(), store_.subscribed.end()};
    }

    Async<Result<MailboxStatus>> status(std::string name) override
    {
        store_.check();
        const auto found = store_.boxes.find(name);
        if (found == store_.boxes.end()) co_return tl::unexpected{no_such()};
        const auto& box = *found->second;
        MailboxStatus out;
        for (const auto& mail : box.mails) {
            ++out.messages;
            out.size += mail.bytes->size();
            if ((mail.state.flags & seen) == 0) ++out.unseen;
            if ((mail.state.flags & deleted) != 0) {
                ++out.deleted;
                out.deleted_size += mail.bytes->size();
            }
            if (mail.state.uid >= box.recent_from) ++out.recent;
        }
        out.uid_next = box.uid_next;
        out.uid_validity = box.uid_validity;
        out.highest_modseq = box.snapshot->highest_modseq;
        out.mailbox_id = box.info.mailbox_id;
        co_return out;
    }

    Async<Result<std::unique_ptr<Mailbox>>> select(std::string name, bool examine) override
    {
        store_.check();
        const auto found = store_.boxes.find(name);
        if (found == store_.boxes.end()) co_return tl::unexpected{no_such()};
        co_return std::make_unique<MemoryMailbox>(store_, found->second, examine);
    }

    Async<Result<std::string>> create(std::string name, SpecialUse use) override
    {
        store_.check();
        if (store_.boxes.contains(name)) co_return tl::unexpected{No{"ALREADYEXISTS", "Mailbox exists already"}};
        for (auto at = name.find('/'); at != std::string::npos; at = name.find('/', at + 1)) {
            if (!store_.boxes.contains(name.substr(0, at))) store_.make(name.substr(0, at));
        }
        auto id = store_.make(name, use).info.mailbox_id;
        store_.names_changed();
        co_return id;
    }

    Async<Result<void>> remove(std::string name) override
    {
        store_.check();
        if (store_.boxes.erase(name) == 0) co_return tl::unexpected{no_such()};
        store_.names_changed();
        co_return Result<void>{};
    }

    Async<Result<void>> rename(std::string from, std::string to) override
    {
        store_.check();
        if (!store_.boxes.contains(from)) co_return tl::unexpected{no_such()};
        if (store_.boxes.contains(to)) co_return tl::unexpected{No{"ALREADYEXISTS", "Mailbox exists already"}};
        std::vector<std::string> names;
        for (const auto& [name, box] : store_.boxes) {
            if (name == from || name.starts_with(from + "/")) names.push_back(name);
        }
        for (const auto& name : names) {
            auto node = store_.boxes.extract(name);
            node.key() = to + name.substr(from.size());
            node.mapped()->info.name = node.key();
            store_.boxes.insert(std::move(node));
        }
        store_.names_changed();
        co_return Result<void>{};
    }

    Async<Result<void>> subscribe(std::string name, bool on) override
    {
        store_.check();
        if (on) {
            store_.subscribed.insert(name);
        } else {
            store_.subscribed.erase(name);
        }
        store_.names_changed();
        co_return Result<void>{};
    }

    Async<Result<Appended>> append(std::string name, std::vector<AppendMessage> messages) override
    {
        store_.check();
        const auto found = store_.boxes.find(name);
        if (found == store_.boxes.end()) co_return tl::unexpected{try_create()};
        Appended out{found->second->uid_validity};
        for (auto& message : messages) {
            if (store_.limit && store_.used() + message.mail.bytes().size() > *store_.limit)
                co_return tl::unexpected{No{"OVERQUOTA", "The store is full"}};
            const auto bits = store_.bits(message.flags, message.keywords);
            if (!bits) co_return tl::unexpected{No{"LIMIT", "Too many keywords"}};
            out.uids.push_back(store_.add(name, std::string{message.mail.bytes()}, *bits, message.internal_date));
        }
        co_return out;
    }

    Async<Quota> quota() override
    {
        store_.check();
        co_return Quota{store_.used(), store_.limit};
    }

    std::unique_ptr<Watch> watch() override { return std::make_unique<MemoryWatch>(store_); }

    Async<Result<std::string>> rights(std::string name) override
    {
        store_.check();
        if (!store_.boxes.contains(name)) co_return tl::unexpected{no_such()};
        co_return std::string{name == "INBOX" ? "lrswipkte" : "lrswikxte"};
    }

    Async<Result<std::vector<AclEntry>>> acl(std::string name) override
    {
        const auto own = co_await rights(name);
        if (!own) co_return tl::unexpected{own.error()};
        std::vector<AclEntry> out{{user_, *own}};
        const auto& others = store_.others[name];
        out.insert(out.end(), others.begin(), others.end());
        co_return out;
    }

private:
    MemoryStore& store_;
    std::string user_;
};

class PlainExchange : public SaslExchange {
public:
    boost::asio::awaitable<std::optional<std::string>> step(std::optional<std::string> response) override
    {
        if (!response) co_return std::string{};
        const auto first = response->find('\0');
        const auto second = first == std::string::npos ? first : response->find('\0', first + 1);
        if (second != std::string::npos && response->substr(second + 1) == "secret") {
            user_ = response->substr(first + 1, second - first - 1);
        }
        co_return std::nullopt;
    }

    [[nodiscard]] std::string user() const override { return user_; }

    [[nodiscard]] std::string reason() const override { return {}; }

private:
    std::string user_;
};

}  // namespace

MemoryStore::MemoryStore()
{
    make("INBOX", SpecialUse::inbox);
    make("Drafts", SpecialUse::drafts);
    make("Junk", SpecialUse::junk);
    make("Sent", SpecialUse::sent);
    make("Trash", SpecialUse::trash);
    subscribed = {"Drafts", "Junk", "Sent", "Trash"};
}

Box& MemoryStore::make(const std::string& name, SpecialUse use)
{
    auto box = std::make_shared<Box>();
    box->uid_validity = next_validity++;
    box->info = {name, "M" + std::to_string(box->uid_validity), use};
    publish(*box);
    return *(boxes[name] = box);
}

Uid MemoryStore::add(
    const std::string& name, std::string bytes, Flags flags, std::optional<std::chrono::sys_seconds> date)
{
    auto& box = *boxes.at(name);
    const auto when = date.value_or(std::chrono::sys_days{std::chrono::year{2026} / 11 / 23});
    box.mails.push_back(
        {{box.uid_next++, flags, modseq + 1}, std::make_shared<const std::string>(std::move(bytes)), when});
    publish(box);
    return box.uid_next - 1;
}

void MemoryStore::publish(Box& box)
{
    auto snapshot = std::make_shared<Snapshot>();
    for (const auto& mail : box.mails) snapshot->messages.push_back(mail.state);
    snapshot->uid_next = box.uid_next;
    snapshot->uid_validity = box.uid_validity;
    snapshot->highest_modseq = ++modseq;
    box.snapshot = std::move(snapshot);
    for (auto* waiting : box.waiting) waiting->cancel();
    for (auto* watch : watches) watch->stir(box.info.mailbox_id);
}

void MemoryStore::names_changed()
{
    for (auto* watch : watches) watch->stir_names();
}

std::uint64_t MemoryStore::used() const
{
    std::uint64_t octets = 0;
    for (const auto& [name, box] : boxes)
        for (const auto& mail : box->mails) octets += mail.bytes->size();
    return octets;
}

void MemoryStore::check()
{
    ++calls;
    if (away) throw std::runtime_error{"the store is away"};
}

std::optional<Flags> MemoryStore::bits(Flags flags, const std::vector<std::string>& names)
{
    for (const auto& name : names) {
        auto known = std::ranges::find_if(keywords, [&](const auto& k) { return mime::equal_ignoring_case(k, name); });
        if (known == keywords.end()) {
            if (keywords.size() + first_keyword >= 64) return std::nullopt;
            known = keywords.insert(keywords.end(), name);
        }
        flags |= Flags{1} << (known - keywords.begin() + first_keyword);
    }
    return flags;
}

Async<Result<std::unique_ptr<Mailboxes>>> MemoryDoor::login(std::string user, std::string password)
{
    store_.check();
    if (password != "secret") co_return tl::unexpected{No{"AUTHENTICATIONFAILED", "Authentication failed"}};
    co_return std::make_unique<MemoryMailboxes>(store_, std::move(user));
}

Async<Result<std::unique_ptr<Mailboxes>>> MemoryDoor::open(std::string user)
{
    store_.check();
    co_return std::make_unique<MemoryMailboxes>(store_, std::move(user));
}

std::vector<std::string> MemorySasl::mechanisms(bool encrypted, bool loopback) const
{
    return encrypted || loopback ? std::vector<std::string>{"PLAIN"} : std::vector<std::string>{};
}

std::unique_ptr<SaslExchange> MemorySasl::start(std::string_view mechanism, bool encrypted, bool loopback)
{
    if (mechanism != "PLAIN" || !(encrypted || loopback)) return nullptr;
    return std::make_unique<PlainExchange>();
}

}  // namespace imap::test
