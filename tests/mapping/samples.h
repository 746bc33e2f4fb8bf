// samples: values that several tests of the mapping share, and files beside the tests.
#pragma once

#include "gateway/mapping/follow_up.h"
#include "gateway/mapping/mail_out.h"

#include <string>
#include <vector>

namespace samples {

inline const email2::Name minutes{"0192f0c1-7a3b-7c11-8d22-3e4f50617283", "one.test"};
inline const email2::Person alice{"alice@one.test", email2::Class::native, "Alice Ångström"};
inline const email2::Person bob{"bob@one.test", email2::Class::native, "Bob"};
inline const email2::Person carol{"carol@legacy.test", email2::Class::smtp, "Carol"};

// 23 November 2026, 06:48 UTC and so many minutes.
email2::Time at(int minutes_later);

email2::Part text_part(std::string text);
email2::Part html_part(std::string html);
email2::Part blob_part(std::string type, std::string name, std::string octets);  // kept for blob()
email2::Part multipart(std::string subtype, std::vector<email2::Part> parts);
std::string blob(const std::string& sha256);

gateway::mapping::Rendering rendering(email2::Content content);
gateway::mapping::FollowUpContext context(email2::Content content);

std::string read_file(const std::string& path);
std::string corpus();  // folder of third-party samples, "" when they are not here
std::vector<std::string> files_below(const std::string& folder, const std::string& extension);

// Compares with golden/NAME; UPDATE=1 in the environment writes it instead.
void check_golden(const std::string& name, const std::string& bytes);
bool updating();
// What Python's email package finds wrong with the mails; "" when nothing.
std::string python_defects(const std::vector<std::string>& paths);

}  // namespace samples
