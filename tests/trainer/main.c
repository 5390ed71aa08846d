/* main.c - runs the tests of the trainer library. */
#include "support.h"

#include "networks.h"

typedef struct Group {
    const char *name;
    const struct CMUnitTest *tests;
    size_t count;
} Group;

int main(void)
{
    support_open();
    const Group groups[] = {{"files", files_tests, files_count},
                            {"idx", idx_tests, idx_count},
                            {"cifar", cifar_tests, cifar_count},
                            {"images", images_tests, images_count},
                            {"augment", augment_tests, augment_count},
                            {"where", where_tests, where_count},
                            {"surface", surface_tests, surface_count},
                            {"csv", csv_tests, csv_count},
                            {"playground", playground_tests, playground_count},
                            {"split", split_tests, split_count},
                            {"safetensors", safetensors_tests, safetensors_count},
                            {"advice", advice_tests, advice_count},
                            {"train", train_tests, train_count},
                            {"resume", resume_tests, resume_count},
                            {"predict", predict_tests, predict_count},
                            {"options", options_tests, options_count}};
    size_t failed = 0, total = 0;
    cmocka_set_message_output(CM_OUTPUT_SUBUNIT);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        int bad = _cmocka_run_group_tests(groups[i].name, groups[i].tests, groups[i].count, NULL, NULL);
        failed += bad < 0 ? groups[i].count : (size_t)bad;
        total += groups[i].count;
    }
    support_close();
    printf("%zu passed, %zu failed\n", total - failed, failed);
    return failed != 0;
}
