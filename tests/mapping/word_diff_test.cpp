// word_diff_test: diffs in words: exact, readable and bounded.

#include "gateway/mapping/word_diff.h"
#include "mime/utf8.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <ctime>
#include <random>

using namespace gateway::mapping;

namespace {

std::string joined(const std::vector<Span>& spans, Change with)
{
    std::string text;
    for (const auto& span : spans)
        if (span.change == Change::same || span.change == with) text += span.text;
    return text;
}

std::string diff_text(std::string_view before, std::string_view after)
{
    return as_text(word_diff(before, after));
}

std::string random_text(std::mt19937& random, std::size_t size, std::size_t vocabulary)
{
    std::string text;
    while (text.size() < size) {
        text += "word" + std::to_string(random() % vocabulary);
        text += random() % 9 == 0 ? "\n" : " ";
    }
    return text;
}

double milliseconds(const std::string& before, const std::string& after)
{
    const auto start = std::clock();  // processor time: other work on the machine must not fail this
    const auto spans = word_diff(before, after);
    const auto end = std::clock();
    CHECK(joined(spans, Change::removed) == before);
    CHECK(joined(spans, Change::inserted) == after);
#if __has_feature(address_sanitizer)
    return 0;
#else
    return 1000.0 * static_cast<double>(end - start) / CLOCKS_PER_SEC;
#endif
}

}  // namespace

TEST_CASE("a diff gives both texts back")
{
    const auto words = rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "a", "b", "c ", "  ", "\n", "\n\n", "ü", "long word\n", "\t", "\u00a0", "会議", "は"));
    const auto text = rc::gen::map(words, [](const std::vector<std::string>& parts) {
        std::string joined_parts;
        for (const auto& part : parts) joined_parts += part;
        return joined_parts;
    });
    CHECK(rc::check("removed and same is before, inserted and same is after", [&] {
        const auto before = *text, after = *text;
        const auto spans = word_diff(before, after);
        RC_ASSERT(joined(spans, Change::removed) == before);
        RC_ASSERT(joined(spans, Change::inserted) == after);
        RC_ASSERT(words_differ(before, after) == !as_text(spans).empty());
    }));
}

TEST_CASE("a changed word is marked where it stands")
{
    CHECK(diff_text("We meet on Monday at ten.\n", "We meet on Tuesday at ten.\n") ==
          "We meet on [-Monday-] {+Tuesday+} at ten.\n");
    CHECK(diff_text("one two", "one two three") == "one two {+three+}\n");
    CHECK(diff_text("one two three", "two three") == "[-one-] two three\n");
    CHECK(diff_text("", "new") == "{+new+}\n");
    CHECK(diff_text("old\n", "") == "[-old-]\n");
}

TEST_CASE("equal texts and texts that differ in white space alone have nothing to show")
{
    CHECK(diff_text("a b\nc d\n", "a b\nc d\n").empty());
    CHECK(diff_text("a b\nc d\n", "a\nb   c d").empty());
    CHECK_FALSE(words_differ("a b\nc d\n", " a\nb   c d"));
    CHECK(words_differ("a b", "ab"));
    CHECK(words_differ("a", "a b"));
}

TEST_CASE("a space that looks like one is one, whatever its character")
{
    CHECK_FALSE(words_differ("a b c", "a\u00a0b\u2009c\u3000"));
    CHECK(as_text(word_diff("a b c", "a\u00a0b c")).empty());
    CHECK(as_text(word_diff("a b c", "a\u00a0b d")) == "a\u00a0b [-c-] {+d+}\n");
}

TEST_CASE("where a script has no spaces its words are compared all the same")
{
    CHECK(diff_text("会議は月曜日の午前十時に開催されます。", "会議は火曜日の午前十時に開催されます。") ==
          "会議は[-月曜日-] {+火曜日+}の午前十時に開催されます。\n");
    CHECK(diff_text("การประชุมวันจันทร์", "การประชุมวันอังคาร") == "การประชุมวัน[-จันทร์-] {+อังคาร+}\n");
    CHECK(diff_text("Hello,world", "Hello,there") == "[-Hello,world-] {+Hello,there+}\n");  // others have them
}

TEST_CASE("only the changed lines and two around them are shown")
{
    const std::string before = "l1\nl2\nl3\nl4\nl5\nl6\nl7\nl8\nl9\n";
    auto after = before;
    after.replace(after.find("l5"), 2, "five");
    CHECK(diff_text(before, after) == "…\nl3\nl4\n[-l5-] {+five+}\nl6\nl7\n…\n");
}

TEST_CASE("a new paragraph is put in as a whole")
{
    CHECK(diff_text(
              "First one here.\n\nLast one here.\n", "First one here.\n\nA second paragraph.\n\nLast one here.\n") ==
          "First one here.\n\n{+A second paragraph.+}\n\nLast one here.\n");
    CHECK(diff_text("First.\n\nSecond one.\n\nLast.\n", "First.\n\nLast.\n") == "First.\n\n[-Second one.-]\n\nLast.\n");
}

TEST_CASE("a rewritten sentence is not torn apart by the words that stay by chance")
{
    CHECK(diff_text(
              "The quick fox jumps over the lazy dog today.\n", "My old aunt bakes the finest bread of our town.\n") ==
          "[-The quick fox jumps over the lazy dog today.-] {+My old aunt bakes the finest "
          "bread of our town.+}\n");
}

TEST_CASE("long unchanged text within a line is left out")
{
    std::string filler;
    for (int i = 0; i < 60; ++i) filler += "filler" + std::to_string(i) + " ";
    const auto shown = diff_text("start old " + filler + "end", "start new " + filler + "end");
    CHECK(shown == "start [-old-] {+new+} filler0 filler1 filler2 filler3 filler4 filler5 filler6 "
                   "filler7 filler8 filler9 filler10 filler11 …\n");
}

TEST_CASE("a moved paragraph is shown once, with its first words where it stood")
{
    const std::string one = "The first paragraph tells what the others are about, and who wrote it.\n",
                      two = "The second paragraph has the figures, which nobody reads twice.\n",
                      three = "A third one ends it and asks everybody to answer until Friday, please.\n";
    const auto down = as_text(word_diff(one + two + three, two + three + one));
    INFO(down);
    CHECK(down.find("[-↓ The first paragraph tells what …-]") != std::string::npos);
    CHECK(down.find("{+↑ " + one.substr(0, one.size() - 1) + "+}") != std::string::npos);
    const auto up = as_html(word_diff(one + two + three, three + one + two));
    CHECK(up.find(">↓ " + three.substr(0, three.size() - 1) + "</ins>") != std::string::npos);
    CHECK(up.find(">↑ A third one ends it …</del>") != std::string::npos);
}

TEST_CASE("a changed cell of a table is marked where it stands, and the columns stay")
{
    const std::string head = "name     amount   due\n", row = "Alice       120   1 May\n",
                      old_row = "Bob          80   1 May\n", new_row = "Bob          95   1 May\n",
                      last = "Carol        40   3 June\n";
    CHECK(as_text(word_diff(head + row + old_row + last, head + row + new_row + last)) ==
          head + row + "Bob          [-80-] {+95+}   1 May\n" + last);
}

TEST_CASE("a diff as HTML keeps the columns of tables and the indentation of code")
{
    const auto html = as_html(word_diff("if (x)\n    a();\nq   1", "if (x)\n    b();\nq   1"));
    CHECK(html.find("\n&nbsp;&nbsp;&nbsp;&nbsp;<del") != std::string::npos);
    CHECK(html.find("\nq &nbsp;&nbsp;1<br>") != std::string::npos);
}

TEST_CASE("a diff as HTML escapes the text and marks insertions and deletions")
{
    const auto html = as_html(word_diff("if a < b\n", "if a > b & c\n"));
    CHECK(html.find("<del") != std::string::npos);
    CHECK(html.find("&lt;</del>") != std::string::npos);
    CHECK(html.find("&gt;</ins>") != std::string::npos);
    CHECK(html.find("&amp; c</ins>") != std::string::npos);
    CHECK(html.find("<script") == std::string::npos);
}

TEST_CASE("texts of 100 KB are compared in under 50 ms whatever they hold")
{
    std::mt19937 random(7);
    const auto before = random_text(random, 100'000, 5000);
    auto few = before;
    for (int i = 0; i < 40; ++i) few.insert(few.find(' ', random() % (few.size() - 100)), " edited");
    CHECK(milliseconds(before, few) < 50);
    CHECK(milliseconds(before, random_text(random, 100'000, 5000)) < 50);
    CHECK(milliseconds(before, random_text(random, 100'000, 3)) < 50);
    CHECK(milliseconds(random_text(random, 100'000, 2), random_text(random, 100'000, 2)) < 50);
    CHECK(milliseconds(std::string(100'000, 'x'), before) < 50);
    auto half = before.substr(0, 50'000) + random_text(random, 50'000, 5000);
    CHECK(milliseconds(before, half) < 50);
    CHECK(milliseconds(std::string(100'000, '\n'), before) < 50);
    std::string han;
    while (han.size() < 100'000) mime::append_utf8(han, 0x4e00 + random() % 3000);
    CHECK(milliseconds(han, han.substr(0, 50'000) + "火曜日" + han.substr(51'000)) < 50);
}
