// metrics: counters, gauges and histograms, and their text for Prometheus (exposition format
// 0.0.4).
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/labels.h>

#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Registry;
}

namespace gateway {

// One for a process; thread-safe. What is returned lives as long as this; keep it rather than
// asking again: asking takes a lock. The same name with other labels is another series; a name
// keeps the kind and help of its first use. Names: "e2_smtp_messages_total".
class Metrics {
public:
    Metrics();
    ~Metrics();

    prometheus::Counter& counter(
        const std::string& name, const std::string& help, const prometheus::Labels& labels = {});
    prometheus::Gauge& gauge(const std::string& name, const std::string& help, const prometheus::Labels& labels = {});
    // `bounds` ascending, in the unit that the name ends with ("…_seconds").
    prometheus::Histogram& histogram(const std::string& name, const std::string& help,
        const std::vector<double>& bounds, const prometheus::Labels& labels = {});
    [[nodiscard]] std::string text() const;

private:
    std::shared_ptr<prometheus::Registry> registry_;
};

}  // namespace gateway
