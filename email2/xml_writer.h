// xml_writer: one document, written element by element. Private to email2.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace email2::xml {

inline constexpr const char* namespace_name = "urn:email2:1";

// Order: open, attributes, text or elements, close. Throws std::bad_alloc, its only failure.
class Writer {
public:
    explicit Writer(const char* root);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer();

    void open(const char* element);
    void close();
    void attribute(const char* name, std::string_view value);
    void attribute(const char* name, std::uint64_t value);
    void optional_attribute(const char* name, std::string_view value);  // none when ""
    void flag(const char* name, bool value);                            // "true", or none
    void text(std::string_view text);
    void element(const char* name, std::string_view text);
    void raw(const std::string& xml);  // must be well-formed
    [[nodiscard]] std::string finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace email2::xml
