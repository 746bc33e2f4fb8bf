// model_concurrent_test: several people act at the same moment, through connections and writers of their own as in
// several processes; some order of what they did, one after the other, must explain what everybody sees then.
//
// E2_MODEL_SEED=N begins with that seed.
#include "gateway/store/invariants.h"
#include "model_world.h"

#include <barrier>
#include <cstdlib>
#include <iostream>
#include <thread>

using namespace test;

namespace {

constexpr model::Size size{.natives = 4, .correspondents = 1};

std::uint32_t first_seed()
{
    const auto* value = std::getenv("E2_MODEL_SEED");
    return value != nullptr ? static_cast<std::uint32_t>(std::atol(value)) : 31337;  // fixed, as in model_test
}

// A process: its connection and its writer.
struct Process {
    explicit Process(Village& v) : session(v.url), writer(v.database, v.writing) {}
    store::Session session;
    store::Writer writer;
};

struct Act {
    model::Operation operation;
    model::Outcome found;
    std::string thrown;
};

using Acts = std::vector<std::vector<Act>>;  // by process, in order

void together(model::World& world, std::vector<std::unique_ptr<Process>>& processes, Acts& acts)
{
    std::barrier start(static_cast<std::ptrdiff_t>(acts.size()));
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < acts.size(); ++i)
        running.emplace_back([&, i] {
            start.arrive_and_wait();
            for (auto& act : acts[i]) {
                try {
                    act.found = world.act(act.operation, processes[i]->session, processes[i]->writer);
                } catch (const std::exception& error) {
                    act.thrown = error.what();
                }
            }
        });
}

// A publication reads what it answers before it is handed to the writer, which looks again: what changed in between is
// refused as something else, but refused.
bool same(const model::Operation& operation, const model::Outcome& wanted, const model::Outcome& found)
{
    return operation.verb == model::Verb::publish ? wanted.has_value() == found.has_value() : wanted == found;
}

bool explained(
    model::World& world, const model::Reference_store& model, const Acts& acts, std::vector<std::size_t> done)
{
    bool all = true;
    for (std::size_t i = 0; i < acts.size(); ++i) {
        if (done[i] == acts[i].size()) continue;
        all = false;
        const auto& act = acts[i][done[i]];
        auto next = model;
        // Who edits has read the newest revision a moment before: a conflict is always explained.
        const bool overtaken = act.operation.verb == model::Verb::edit && act.found == email2::Code::conflict;
        if (!overtaken && !same(act.operation, next.apply(act.operation), act.found)) continue;
        ++done[i];
        if (explained(world, next, acts, done)) return true;
        --done[i];
    }
    return all && world.compare(model).empty();
}

std::string told(const std::vector<model::Operation>& before, const Acts& acts)
{
    std::string out;
    for (const auto& operation : before) out += "  " + to_string(operation) + "\n";
    for (const auto& process : acts) {
        out += "at the same time:\n";
        for (const auto& act : process)
            out += "  " + to_string(act.operation) + " -> " +
                   (act.found ? std::string(email2::name_of(*act.found)) : "done") + " " + act.thrown + "\n";
    }
    return out;
}

}  // namespace

TEST_CASE("what people do at the same time has an order that explains it")
{
    constexpr int rounds = 150, before = 14, each = 2;
    const auto first = first_seed();
    std::cout << "model, concurrently: seed " << first << ", " << rounds << " rounds" << std::endl;
    const auto village = model::quick_village();
    std::vector<std::unique_ptr<Process>> processes;
    for (int i = 0; i < 3; ++i) processes.push_back(std::make_unique<Process>(*village));
    for (int round = 0; round < rounds; ++round) {
        const auto seed = first + static_cast<std::uint32_t>(round);
        auto operations = invent_many(seed, size, before);
        model::World world(*village, size);
        std::vector<model::Label> published;
        for (const auto& operation : operations) {
            const auto wanted = world.model.apply(operation);
            REQUIRE(wanted == world.act(operation, village->session, village->writer));
            if (operation.verb == model::Verb::publish && !wanted) published.push_back(operation.label);
        }
        std::mt19937 random(seed);
        Acts acts(processes.size());
        model::Label number = before;
        for (auto& process : acts)
            for (int i = 0; i < each; ++i) process.push_back({invent(random, size, number++, published), {}, ""});
        together(world, processes, acts);
        bool thrown = false;
        for (const auto& process : acts)
            for (const auto& act : process) thrown = thrown || !act.thrown.empty();
        const bool serial = !thrown && explained(world, world.model, acts, std::vector<std::size_t>(acts.size(), 0));
        CHECK_MESSAGE(serial, "E2_MODEL_SEED=" << seed << "\n" << told(operations, acts));
        if (!serial) break;
    }
    for (const auto& broken : store::broken_invariants(village->session))
        FAIL_CHECK(broken.invariant << ": " << broken.count << ", " << broken.examples.front());
}

TEST_CASE("a crowd on the same few messages leaves a sound store")
{
    constexpr int rounds = 12, each = 60;
    const auto first = first_seed();
    std::cout << "model, crowded: seed " << first << ", " << rounds << " rounds" << std::endl;
    const auto village = model::quick_village();
    std::vector<std::unique_ptr<Process>> processes;
    for (int i = 0; i < 4; ++i) processes.push_back(std::make_unique<Process>(*village));
    for (int round = 0; round < rounds; ++round) {
        const auto operations = invent_many(first + static_cast<std::uint32_t>(round), size, each * 4);
        model::World world(*village, size);
        Acts acts(processes.size());
        for (std::size_t i = 0; i < operations.size(); ++i) acts[i % acts.size()].push_back({operations[i], {}, ""});
        together(world, processes, acts);
        for (const auto& process : acts)
            for (const auto& act : process)
                CHECK_MESSAGE(act.thrown.empty(), to_string(act.operation) << ": " << act.thrown);
    }
    for (const auto& broken : store::broken_invariants(village->session))
        FAIL_CHECK(broken.invariant << ": " << broken.count << ", " << broken.examples.front());
}

TEST_CASE("a parent and its first answer that two processes store at the same time find each other")
{
    Village v;
    Process one(v), other(v);
    for (int i = 0; i < 100; ++i) {
        const auto id = "m" + std::to_string(i) + "@legacy.test";
        std::barrier start(2);
        {
            std::jthread parent([&] {
                auto letter = v.letter("dora@legacy.test", id, {to("alice@one.test")});
                start.arrive_and_wait();
                (void)one.writer.publish_blocking(std::move(letter));
            });
            std::jthread answer([&] {
                auto letter = v.letter("alice@one.test", "re-" + id, {to("dora@legacy.test")}, {id});
                start.arrive_and_wait();
                (void)other.writer.publish_blocking(std::move(letter));
            });
        }
    }
    CHECK(v.number("select count(*) from parent") == 100);
    CHECK(v.number("select count(*) from parent p join message m on m.id = p.parent_id") == 100);
    CHECK(v.number("select count(*) from missing") == 0);
}
