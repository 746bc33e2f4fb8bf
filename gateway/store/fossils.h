// fossils: who keeps a large message far beyond the others gets it as a mail of their own. email2.md rule 7;
// email2::fossilises.
#pragma once

#include "gateway/store/maintenance.h"

namespace gateway::store {

Batch fossilise_some(Care& care);

}  // namespace gateway::store
