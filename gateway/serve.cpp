// serve: construction in the order of need; what is made first ends last.
#include "gateway/serve.h"

namespace gateway {

int serve(const Settings& settings, Runtime::Reload reload)
{
    Runtime runtime(settings, std::move(reload));
    return runtime.run();
}

}  // namespace gateway
