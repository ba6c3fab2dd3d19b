#include "tables.h"

#include <array>

namespace strongroom::service {

std::span<const std::span<const Operation>> all_tables() {
  static const std::array kTables = {secret_operations(),
                                     rotation_operations(),
                                     repair_operations(),
                                     tag_operations(),
                                     key_operations(),
                                     crypto_operations(),
                                     data_key_operations(),
                                     resource_policy_operations(),
                                     analysis_operations(),
                                     target_operations(),
                                     instance_operations(),
                                     access_point_operations(),
                                     client_key_operations(),
                                     bss_operations(),
                                     actiontrail_operations(),
                                     sls_operations(),
                                     cms_operations(),
                                     notify_operations(),
                                     platform_operations(),
                                     ram_operations(),
                                     ram_group_operations(),
                                     ram_policy_operations(),
                                     ram_attachment_operations(),
                                     ram_role_operations(),
                                     ram_tag_operations(),
                                     ram_diagnostic_operations(),
                                     sts_operations(),
                                     sts_oidc_operations(),
                                     ims_operations(),
                                     ram_login_operations(),
                                     ram_settings_operations(),
                                     account_operations(),
                                     caretaker_operations(),
                                     status_operations()};
  return kTables;
}

}  // namespace strongroom::service
