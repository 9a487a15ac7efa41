/* policies/schema/machine.schema.json is what the loader's own table prints: they cannot drift.
 * With ARBITER_UPDATE=1 the file is written instead of compared. */
#include "fsm/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/schema_file.h"

static void the_schema_is_the_loaders_table(void **state)
{
    (void)state;
    schema_file_holds(&fsm_machine_shape, "machine", "An Arbiter machine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_is_the_loaders_table),
    };
    return cmocka_run_group_tests_name("machine_schema", tests, NULL, NULL);
}
