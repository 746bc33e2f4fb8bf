// fake: a DNS of given records, as tests say; every other name does not exist.
#pragma once

#include "gateway/dns/resolver.h"

#include <map>
#include <optional>
#include <string>

namespace test {

class FakeDns : public gateway::dns::Resolver {
public:
    template <class Record>
    using Lookup = gateway::dns::Lookup<Record>;

    std::map<std::string, Lookup<gateway::dns::Mx>> exchangers;
    std::map<std::string, Lookup<std::string>> v4, v6, texts, pointers;  // the last by address
    int asked = 0;

    static Lookup<std::string> records(std::vector<std::string> values)
    {
        return {
            values.empty() ? gateway::dns::Found::no_data : gateway::dns::Found::records, std::move(values), false, ""};
    }

    void text(const std::string& name, std::vector<std::string> values) { texts[name] = records(std::move(values)); }
    void fails(const std::string& name) { texts[name] = {}; }

    boost::asio::awaitable<Lookup<gateway::dns::Mx>> mx(std::string domain) override
    {
        co_return look(exchangers, domain);
    }
    boost::asio::awaitable<Lookup<std::string>> a(std::string host) override { co_return look(v4, host); }
    boost::asio::awaitable<Lookup<std::string>> aaaa(std::string host) override { co_return look(v6, host); }
    boost::asio::awaitable<Lookup<std::string>> txt(std::string name) override { co_return look(texts, name); }
    boost::asio::awaitable<Lookup<std::string>> ptr(std::string address) override { co_return look(pointers, address); }

private:
    // Lower case is enough for tests. A name that has records of another kind exists.
    template <class Record>
    Lookup<Record> look(const std::map<std::string, Lookup<Record>>& kind, std::string name)
    {
        ++asked;
        for (auto& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (const auto found = kind.find(name); found != kind.end()) return found->second;
        const bool exists = exchangers.contains(name) || v4.contains(name) || v6.contains(name) || texts.contains(name);
        return {exists ? gateway::dns::Found::no_data : gateway::dns::Found::no_domain, {}, false, ""};
    }
};

}  // namespace test
