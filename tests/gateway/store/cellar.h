// cellar: a village with a directory for its cold storage, jobs run by hand, and processes that die at a chosen step.
#pragma once

#include "gateway/store/cold_storage.h"
#include "gateway/store/maintenance.h"
#include "village.h"

namespace test {

struct Cellar : Village {
    Cellar();
    ~Cellar();

    // A message of alice to bob with text, two revisions and an attachment that is a blob; both have left and emptied
    // their Trash.
    std::int64_t left_behind(const std::string& subject);
    // As if it had been so for a year.
    void age(std::int64_t message);
    std::string name(std::int64_t message);
    int state(std::int64_t message);
    bool in_rows(std::int64_t message);  // its content
    std::size_t files();                 // below the directory, but ID
    // Every row and every octet of the message that cold storage moves, comparable before and after.
    std::string everything(std::int64_t message);

    // To its end; how much was done.
    std::size_t run(store::Batch (*job)(store::Care&), const std::function<void(std::string_view)>& at_step = {});
    bool restore(std::int64_t message, const std::function<void(std::string_view)>& at_step = {});
    // In a process of its own, which is killed (SIGKILL) at that step, counted from 1, or ends by itself; whether it
    // was killed.
    bool killed_at(int step, const std::function<void(store::Care&)>& work);
    // The same, killed at the first step of which that is true.
    bool killed_when(const std::function<bool(store::Session&, std::string_view)>& now,
        const std::function<void(store::Care&)>& work);

    std::filesystem::path directory;
    store::MaintenanceSettings maintenance;
    store::Ids ids;
    std::atomic<bool> stopping{false};
};

// Octets that do not compress and differ by `seed`.
std::string noise(std::size_t size, unsigned seed);
// Text with an attachment that was put before.
email2::Content with_attachment(std::string subject, const std::string& octets);

}  // namespace test
