/* Persons: the seed's example, every field of ГБД ФЛ's Person, and the ways real answers differ. */
#include "dump.h"

#include "base/clock.h"
#include "support/cmocka.h"

struct row {
    const char *json, *want;
};

static void assert_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_told(PERSON, rows[i].json, rows[i].want);
}

/* req 2.20: the facts of 002 6.3, code a number in some and a string in others */
static void the_person_in_print_is_read_whole(void **state)
{
    (void)state;
    assert_told(
        PERSON,
        "{'person':{'gender':{'nameRu':'Мужской','code':1,'nameKz':'Ер',"
        "'changeDate':'2013-09-19T09:44:33+06:00'},"
        "'documents':{'document':[{'number':'012345678','beginDate':'2001-09-07',"
        "'patronymic':'ОМАРОВИЧ','endDate':'2013-08-04','surname':'ОМАРОВ','name':'ШАЯН',"
        "'type':{'nameRu':'УДОСТОВЕРЕНИЕ РК','code':'002','nameKz':'ҚР ЖЕКЕ КУӘЛІГІ',"
        "'changeDate':'2013-09-19T09:45:40+06:00'},'birthDate':'1978-02-02',"
        "'issueOrganization':{'nameRu':'МИНИСТЕРСТВО ВНУТРЕННИХ ДЕЛ РК','code':'002',"
        "'nameKz':'ҚР ІШКІ ІСТЕР МИНИСТРЛІГІ','changeDate':'2013-09-19T09:45:40+06:00'}}]},"
        "'citizenship':{'nameRu':'КАЗАХСТАН','code':398,'nameKz':'ҚАЗАҚСТАН',"
        "'changeDate':'2013-09-19T09:45:48+06:00'},"
        "'birthDate':'1978-02-02','iin':'000000000000',"
        "'birthPlace':{'country':{'nameRu':'КАЗАХСТАН','code':398,'nameKz':'ҚАЗАҚСТАН',"
        "'changeDate':'2013-09-19T09:45:48+06:00'},'city':'АКТАУ',"
        "'district':{'nameRu':'АКТЮБИНСКАЯ','code':1904,'nameKz':'АҚТӨБЕ',"
        "'changeDate':'2013-09-19T09:45:41+06:00'},'foreignData':{'regionName':'АЛМАТИНСКИЙ'}},"
        "'surname':'ОМАРОВ','name':'ШАЯН',"
        "'regAddress':{'country':{'nameRu':'КАЗАХСТАН','code':398,'nameKz':'ҚАЗАҚСТАН',"
        "'changeDate':'2013-09-19T09:45:48+06:00'},'beginDate':'2008-01-23','city':'АКТАУ',"
        "'district':{'nameRu':'АКТАУ','code':1910,'nameKz':'АКТАУ',"
        "'changeDate':'2013-09-19T09:45:41+06:00'},'building':'153/8'}}}",
        "iin=000000000000\nsurname=ОМАРОВ\nname=ШАЯН\nbirthDate=1978-02-02 (1978-02-02)\n"
        "gender:\n code=1\n nameRu=Мужской\n nameKz=Ер\n"
        " changeDate=2013-09-19T09:44:33+06:00 (2013-09-19T09:44:33+06:00)\n"
        "citizenship:\n code=398\n nameRu=КАЗАХСТАН\n nameKz=ҚАЗАҚСТАН\n"
        " changeDate=2013-09-19T09:45:48+06:00 (2013-09-19T09:45:48+06:00)\n"
        "birthPlace:\ncountry:\n code=398\n nameRu=КАЗАХСТАН\n nameKz=ҚАЗАҚСТАН\n"
        " changeDate=2013-09-19T09:45:48+06:00 (2013-09-19T09:45:48+06:00)\n"
        "district:\n code=1904\n nameRu=АКТЮБИНСКАЯ\n nameKz=АҚТӨБЕ\n"
        " changeDate=2013-09-19T09:45:41+06:00 (2013-09-19T09:45:41+06:00)\n"
        "foreignData:\n regionName=АЛМАТИНСКИЙ\ncity=АКТАУ\n"
        "regAddress:\ncountry:\n code=398\n nameRu=КАЗАХСТАН\n nameKz=ҚАЗАҚСТАН\n"
        " changeDate=2013-09-19T09:45:48+06:00 (2013-09-19T09:45:48+06:00)\n"
        "district:\n code=1910\n nameRu=АКТАУ\n nameKz=АКТАУ\n"
        " changeDate=2013-09-19T09:45:41+06:00 (2013-09-19T09:45:41+06:00)\n"
        "city=АКТАУ\nbuilding=153/8\nbeginDate=2008-01-23 (2008-01-23)\n"
        "document:\ntype:\n code=002\n nameRu=УДОСТОВЕРЕНИЕ РК\n nameKz=ҚР ЖЕКЕ КУӘЛІГІ\n"
        " changeDate=2013-09-19T09:45:40+06:00 (2013-09-19T09:45:40+06:00)\n"
        "number=012345678\nbeginDate=2001-09-07 (2001-09-07)\nendDate=2013-08-04 (2013-08-04)\n"
        "issueOrganization:\n code=002\n nameRu=МИНИСТЕРСТВО ВНУТРЕННИХ ДЕЛ РК\n"
        " nameKz=ҚР ІШКІ ІСТЕР МИНИСТРЛІГІ\n"
        " changeDate=2013-09-19T09:45:40+06:00 (2013-09-19T09:45:40+06:00)\n"
        "surname=ОМАРОВ\nname=ШАЯН\npatronymic=ОМАРОВИЧ\nbirthDate=1978-02-02 (1978-02-02)\n");
}

/* Dictionary values of which each is told from the others. */
#define TERM(code)                                                                                 \
    "{'code':'" code "','nameRu':'Р" code "','nameKz':'Қ" code                                     \
    "','changeDate':'2020-01-02 03:04:05'}"
#define TERM_READ(name, code)                                                                      \
    name ":\n code=" code "\n nameRu=Р" code "\n nameKz=Қ" code                                    \
         "\n changeDate=2020-01-02 03:04:05 (2020-01-02T03:04:05+06:00)\n"
#define ADDRESS(n)                                                                                 \
    "'country':" TERM("1" n) ",'district':" TERM("2" n) ",'region':" TERM(                         \
        "3" n) ",'foreignData':{'districtName':'fd" n "','regionName':'fr" n "'},'city':'c" n      \
               "','street':'s" n "','building':'b" n "','corpus':'k" n "','flat':'f" n             \
               "','beginDate':'2001-02-03','endDate':'2002-03-04','status':" TERM(                 \
                   "4" n) ",'invalidity':" TERM("5" n) ",'arCode':'ar" n "'"
#define ADDRESS_READ(n)                                                                            \
    TERM_READ("country", "1" n)                                                                    \
    TERM_READ("district", "2" n)                                                                   \
    TERM_READ("region", "3" n)                                                                     \
    "foreignData:\n districtName=fd" n "\n regionName=fr" n "\ncity=c" n "\nstreet=s" n            \
    "\nbuilding=b" n "\ncorpus=k" n "\nflat=f" n "\nbeginDate=2001-02-03 (2001-02-03)\n"           \
    "endDate=2002-03-04 (2002-03-04)\n" TERM_READ("status", "4" n)                                 \
        TERM_READ("invalidity", "5" n) "arCode=ar" n "\n"

/* req 2.20, req 2.21, req 3.12: flows.md section 2 */
static const char
    whole_person[] =
        "{'person':{'iin':'900101300017','surname':'А','name':'Б','patronymic':'В',"
        "'engFirstName':'B','engSurname':'A','birthDate':'1990-01-01','deathDate':'2020-12-31',"
        "'gender':" TERM("61") ",'nationality':" TERM("62") ",'citizenship':" TERM(
            "63") ",'"
                  "lifeStatu"
                  "s':" TERM("64") ",'birthPlace':{'country':" TERM("71") ",'district':" TERM("72") ",'region':" TERM(
                      "73") ",'foreignData':{'districtName':'D','regionName':'R'},'city':'C'},"
                            "'regAddress':{" ADDRESS(
                                "6") "},'documents':{'document':[{'type'"
                                     ":" TERM(
                                         "81") ",'number':'N','series':'S','"
                                               "beginDate':'2011-01-01','"
                                               "endDate':'2021-01-01',"
                                               "'issueOrganization':" TERM(
                                                   "8"
                                                   "2") ",'status':" TERM("83") ",'invalidityDate':"
                                                                                "'"
                                                                                "2015-05-05','"
                                                                                "surname':'Г','"
                                                                                "name':"
                                                                                "'Д','patronymic':'"
                                                                                "Е'"
                                                                                ","
                                                                                "'birthDate':'1990-"
                                                                                "01-02'},{'number':"
                                                                                "'"
                                                                                "N2'}]},"
                                                                                "'addresses':{'"
                                                                                "address':[{'type'"
                                                                                ":" TERM("91") "," ADDRESS("7") "},{" ADDRESS(
                                                                                    "8") "}]},"
                                                                                         "'removed'"
                                                                                         ":"
                                                                                         "false,'"
                                                                                         "mobilepho"
                                                                                         "ne"
                                                                                         "':'+"
                                                                                         "770100000"
                                                                                         "00"
                                                                                         "'}}";
static const char whole_person_read[] =
    "iin=900101300017\nsurname=А\nname=Б\npatronymic=В\nengFirstName=B\nengSurname=A\n"
    "birthDate=1990-01-01 (1990-01-01)\ndeathDate=2020-12-31 (2020-12-31)\n" TERM_READ(
        "gender", "61") TERM_READ("nationality", "62") TERM_READ("citizenship", "63")
        TERM_READ("lifeStatus", "64") "birthPlace:\n" TERM_READ("country", "71")
            TERM_READ("district", "72") TERM_READ(
                "region",
                "73") "foreignData:\n districtName=D\n regionName=R\ncity=C\n"
                      "regAddress:\n" ADDRESS_READ("6") "document:\n" TERM_READ(
                          "type",
                          "81") "number=N\nseries=S\nbeginDate=2011-01-01 (2011-01-01)\n"
                                "endDate=2021-01-01 (2021-01-01)\n" TERM_READ("issueOrganization",
                                                                              "82")
                                    TERM_READ(
                                        "status",
                                        "83") "invalidityDate=2015-05-05 "
                                              "(2015-05-05)\nsurname=Г\nname=Д\npatronymic=Е\n"
                                              "birthDate=1990-01-02 "
                                              "(1990-01-02)\ndocument:\nnumber=N2\n"
                                              "address:\n" TERM_READ("type", "91")
                                                  ADDRESS_READ("7") "address:\n" ADDRESS_READ(
                                                      "8") "removed=false\nmobilephone=+"
                                                           "77010000000\n";

static void every_field_of_a_person_has_its_place(void **state)
{
    (void)state;
    assert_told(PERSON, whole_person, whole_person_read);
}

/* C-11, and what converters of XML to JSON make of one or many */
static void a_person_is_read_in_the_ways_real_answers_differ(void **state)
{
#define P(members) "{'person':{'iin':'1'," members "}}"
    static const struct row rows[] = {
        { P("'gender':1"), "iin=1\ngender:\n code=1\n" },
        { P("'gender':'002'"), "iin=1\ngender:\n code=002\n" },
        { P("'gender':'Мужской'"), "iin=1\ngender:\n nameRu=Мужской\n" },
        { P("'gender':true"), "iin=1\nextra person.gender=true\n" },
        { P("'gender':['М']"), "iin=1\nextra person.gender=['М']\n" },
        { P("'gender':{'code':'-','nameRu':null,'nameKz':''}"), "iin=1\n" },
        { P("'gender':{'code':398.0}"), "iin=1\ngender:\n code=398\n" },
        { P("'gender':{'code':{'v':1},'nameRu':'М'}"),
          "iin=1\ngender:\n nameRu=М\nextra person.gender.code={'v':1}\n" },
        { P("'gender':{'shade':'x'}"), "iin=1\nextra person.gender.shade='x'\n" },
        { P("'gender':{'changeDate':'-','code':'1'}"), "iin=1\ngender:\n code=1\n" },
        { P("'surname':'-','name':' - ','patronymic':''"), "iin=1\n" },
        { P("'removed':'false'"), "iin=1\nremoved=false\n" },
        { P("'removed':true"), "iin=1\nremoved=true\n" },
        { P("'removed':0"), "iin=1\nremoved=0\n" },
        { P("'mobilephone':77010000000"), "iin=1\nmobilephone=77010000000\n" },
        { P("'mobilephone':'-'"), "iin=1\n" },
        { P("'Surrname':'А','Name':'Б','Patronymic':'В'"),
          "iin=1\nsurname=А\nname=Б\npatronymic=В\n" },
        { P("'reg_address':{'City':'Ц','begin_date':'2001-02-03'}"),
          "iin=1\nregAddress:\ncity=Ц\nbeginDate=2001-02-03 (2001-02-03)\n" },
        { P("'Documents':{'Document':{'Number':'N','issue_organization':'МВД',"
            "'begin_date':'2001-02-03'}}"),
          "iin=1\ndocument:\nnumber=N\nbeginDate=2001-02-03 (2001-02-03)\n"
          "issueOrganization:\n nameRu=МВД\n" },
        { P("'documents':[{'number':'1'},{'number':'2'}]"),
          "iin=1\ndocument:\nnumber=1\ndocument:\nnumber=2\n" },
        { P("'documents':{'document':[null,'-',{'number':'1'},'паспорт']}"),
          "iin=1\ndocument:\nnumber=1\nextra person.documents.document[3]='паспорт'\n" },
        { P("'documents':{'document':[{'number':'1'},{'note':'n','number':{'a':1}}]}"),
          "iin=1\ndocument:\nnumber=1\ndocument:\n"
          "extra person.documents.document[1].note='n'\n"
          "extra person.documents.document[1].number={'a':1}\n" },
        { P("'documents':{'total':2,'document':'-'}"), "iin=1\nextra person.documents.total=2\n" },
        { P("'documents':{'document':[],'Document':{'number':'1'}}"),
          "iin=1\nextra person.documents.Document={'number':'1'}\n" },
        { P("'documents':{'document':7}"), "iin=1\nextra person.documents.document=7\n" },
        { P("'documents':'нет'"), "iin=1\nextra person.documents='нет'\n" },
        { P("'documents':null,'addresses':'-','birthPlace':''"), "iin=1\n" },
        { P("'addresses':{'address':{'city':'Ц'}}"), "iin=1\naddress:\ncity=Ц\n" },
        { P("'birthPlace':'АКТАУ'"), "iin=1\nextra person.birthPlace='АКТАУ'\n" },
        { P("'birthPlace':{'foreignData':'РФ','city':7}"),
          "iin=1\nbirthPlace:\ncity=7\nextra person.birthPlace.foreignData='РФ'\n" },
        { P("'issueOrganization':1,'hairColour':'black'"),
          "iin=1\nextra person.issueOrganization=1\nextra person.hairColour='black'\n" },
        { P("'birthDate':'02.02.1978','deathDate':{}"),
          "iin=1\nbirthDate=02.02.1978 (1978-02-02)\nextra person.deathDate={}\n" },
        { P("'birthDate':19780202"), "iin=1\nbirthDate=19780202 ()\n" },
        { "{'person':{'iin':780202300011},'status':'ok'}",
          "iin=780202300011\nextra status='ok'\n" },
        { "{'person':{'iin':0}}", "iin=000000000000\n" },
        { "{'mobilephone':'+7701','person':{'iin':'1'}}", "iin=1\nextra mobilephone='+7701'\n" },
    };

    (void)state;
    assert_rows(rows, COUNT(rows));
}

static void an_answer_without_a_person_is_refused(void **state)
{
    (void)state;
    assert_spoilt(PERSON, "{}", "person", "", "missing");
    assert_spoilt(PERSON, "{'person':null}", "person", "", "missing");
    assert_spoilt(PERSON, "{'person':'ОМАРОВ'}", "person", "", "cannot be read");
    assert_spoilt(PERSON, "{'person':[{'iin':'1'}]}", "person", "", "cannot be read");
    assert_spoilt(PERSON, "{'person':{}}", "person", "", "empty");
    assert_spoilt(PERSON, "{'person':{'hairColour':'black'}}", "person", "", "empty");
    assert_spoilt(PERSON, "[]", "person", "", "no JSON object");
}

static void a_path_names_each_step_even_through_a_long_name(void **state)
{
    AUTO(bytes_free) struct bytes *json = bytes_new(8192);
    AUTO(bytes_free) struct bytes *got = NULL;

    (void)state;
    bytes_add_str(json, "{\"person\":{\"iin\":\"1\",\"addresses\":[{\"city\":\"C\",\"");
    for (int i = 0; i < 4000; i++)
        bytes_add_str(json, "k");
    bytes_add_str(json, "\":1}]}}");
    got = dump_json(PERSON, bytes_slice(json));
    assert_non_null(strstr(got->at, "extra person.addresses[0].kkkk"));
    assert_int_equal(got->len,
                     strlen("iin=1\naddress:\ncity=C\nextra person.addresses[0].=1\n") + 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_person_in_print_is_read_whole),
        cmocka_unit_test(every_field_of_a_person_has_its_place),
        cmocka_unit_test(a_person_is_read_in_the_ways_real_answers_differ),
        cmocka_unit_test(an_answer_without_a_person_is_refused),
        cmocka_unit_test(a_path_names_each_step_even_through_a_long_name),
    };
    struct err err;

    return clock_use_astana(&err) == ST_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
