// model_world: some people in a village, whose every act is done twice: in the real store and in the reference model.
#pragma once

#include "model_reference.h"
#include "village.h"

#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace model {

struct Size {
    int natives = 4, correspondents = 1;
};

// People of their own and an empty model; many worlds share one database without meeting.
class World {
public:
    World(test::Village& village, Size size);

    // The verb on the real store, through one connection; its result's code. Other connections may act at the same
    // time.
    Outcome act(const Operation& operation, gateway::store::Session& session, gateway::store::Writer& writer);
    // Both, and what differs afterwards in what was concerned: "" for nothing.
    std::string step(const Operation& operation, std::mt19937& random);
    // Everything that anybody sees.
    std::string compare_all();
    std::string compare(const Reference_store& model);  // references, standings, holders: by three statements

    Reference_store model;

private:
    std::string compare_references(const Reference_store& model);
    std::string compare_standing(const Reference_store& model);
    std::string compare_holders(const Reference_store& model);
    std::string compare_get(User user, Label label);
    std::string compare_history(User user, Label label);
    std::string compare_events(User user);
    std::string compare_lists(User user);
    [[nodiscard]] email2::Name name(Label label) const;
    [[nodiscard]] std::string said(User user) const;
    [[nodiscard]] User user_of(const std::string& address) const;
    Outcome in_mailbox(const Operation& operation, gateway::store::Session& session);

    test::Village& village_;
    std::vector<std::string> addresses_;
    std::vector<std::int32_t> persons_;
    std::map<Label, email2::Name> names_;
    std::map<Label, std::int64_t> ids_;
    std::map<std::int64_t, Label> labels_;
    std::uint64_t first_event_ = 0;
    std::mutex mutex_;  // names_, ids_, labels_
};

// A village where each statement is planned once: among a few people planning costs more than doing.
[[nodiscard]] std::unique_ptr<test::Village> quick_village();

// What people might do next. Every choice comes from `random`.
[[nodiscard]] Operation invent(std::mt19937& random, Size size, Label number, const std::vector<Label>& published);
[[nodiscard]] std::vector<Operation> invent_many(std::uint32_t seed, Size size, int count);

}  // namespace model
