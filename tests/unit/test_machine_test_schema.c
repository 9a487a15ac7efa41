/* policies/schema/machine_test.schema.json is what the table of `arbiter machine test` prints.
 * With ARBITER_UPDATE=1 the file is written instead of compared. */
#include "cli/machine_test_shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/schema_file.h"

static void the_schema_is_the_commands_table(void **state)
{
    (void)state;
    schema_file_holds(&machine_test_shape, "machine_test", "Tests of an Arbiter machine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_is_the_commands_table),
    };
    return cmocka_run_group_tests_name("machine_test_schema", tests, NULL, NULL);
}
