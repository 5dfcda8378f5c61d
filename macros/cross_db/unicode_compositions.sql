{#
    The letters of Latin, Greek and Cyrillic that Unicode composes from a letter and a mark: for
    each combining mark the letters without it and, in the same order, the letters with it. For
    engines that have no normalisation of their own (unicode_nfc and strip_accents on Spark).

    Arguments: none. Gives a list of dicts: mark, bases, letters.

    Trap: a base may be a letter of the table itself (ê and a mark make ế), so one pass is not
    enough. Generated from the Unicode character database; tests/properties/test_normalise.py holds
    it against that.
#}
{% macro unicode_compositions() %}
    {{ return([
        {'mark': '\u0301', 'bases': 'AEIOUYaeiouyCcLlNnRrSsZzÜüGgÅåÆæØøÇçĒēÏïKkMmÕõŌōPpŨũWwÂâĂăÊêÔôƠơƯư¨ΑΕΗΙΟΥΩϊαεηιϋουωϒГКгк', 'letters': 'ÁÉÍÓÚÝáéíóúýĆćĹĺŃńŔŕŚśŹźǗǘǴǵǺǻǼǽǾǿḈḉḖḗḮḯḰḱḾḿṌṍṒṓṔṕṸṹẂẃẤấẮắẾếỐốỚớỨứ΅ΆΈΉΊΌΎΏΐάέήίΰόύώϓЃЌѓќ'},
        {'mark': '\u030c', 'bases': 'CcDdEeLlNnRrSsTtZzAaIiOoUuÜüGgKkƷʒjHh', 'letters': 'ČčĎďĚěĽľŇňŘřŠšŤťŽžǍǎǏǐǑǒǓǔǙǚǦǧǨǩǮǯǰȞȟ'},
        {'mark': '\u0308', 'bases': 'AEIOUaeiouyYHhÕõŪūWwXxtΙΥιυϒЕІеіАаӘәЖжЗзИиОоӨөЭэУуЧчЫы', 'letters': 'ÄËÏÖÜäëïöüÿŸḦḧṎṏṺṻẄẅẌẍẗΪΫϊϋϔЁЇёїӒӓӚӛӜӝӞӟӤӥӦӧӪӫӬӭӰӱӴӵӸӹ'},
        {'mark': '\u0300', 'bases': 'AEIOUaeiouÜüNnĒēŌōWwÂâĂăÊêÔôƠơƯưYyЕИеи', 'letters': 'ÀÈÌÒÙàèìòùǛǜǸǹḔḕṐṑẀẁẦầẰằỀềỒồỜờỪừỲỳЀЍѐѝ'},
        {'mark': '\u0302', 'bases': 'AEIOUaeiouCcGgHhJjSsWwYyZzẠạẸẹỌọ', 'letters': 'ÂÊÎÔÛâêîôûĈĉĜĝĤĥĴĵŜŝŴŵŶŷẐẑẬậỆệỘộ'},
        {'mark': '\u0303', 'bases': 'ANOanoIiUuVvÂâĂăEeÊêÔôƠơƯưYy', 'letters': 'ÃÑÕãñõĨĩŨũṼṽẪẫẴẵẼẽỄễỖỗỠỡỮữỸỹ'},
        {'mark': '\u030a', 'bases': 'AaUuwy', 'letters': 'ÅåŮůẘẙ'},
        {'mark': '\u030b', 'bases': 'OoUuУу', 'letters': 'ŐőŰűӲӳ'},
        {'mark': '\u0306', 'bases': 'AaEeGgIiOoUuȨȩẠạУИиуЖжАаЕе', 'letters': 'ĂăĔĕĞğĬĭŎŏŬŭḜḝẶặЎЙйўӁӂӐӑӖӗ'},
        {'mark': '\u0307', 'bases': 'CcEeGgIZzAaOoBbDdFfHhMmNnPpRrSsŚśŠšṢṣTtWwXxYyſ', 'letters': 'ĊċĖėĠġİŻżȦȧȮȯḂḃḊḋḞḟḢḣṀṁṄṅṖṗṘṙṠṡṤṥṦṧṨṩṪṫẆẇẊẋẎẏẛ'},
        {'mark': '\u0304', 'bases': 'AaEeIiOoUuÜüÄäȦȧÆæǪǫÖöÕõȮȯYyGgḶḷṚṛИиУу', 'letters': 'ĀāĒēĪīŌōŪūǕǖǞǟǠǡǢǣǬǭȪȫȬȭȰȱȲȳḠḡḸḹṜṝӢӣӮӯ'},
        {'mark': '\u0327', 'bases': 'CcGgKkLlNnRrSsTtEeDdHh', 'letters': 'ÇçĢģĶķĻļŅņŖŗŞşŢţȨȩḐḑḨḩ'},
        {'mark': '\u0328', 'bases': 'AaEeIiUuOo', 'letters': 'ĄąĘęĮįŲųǪǫ'},
        {'mark': '\u0326', 'bases': 'SsTt', 'letters': 'ȘșȚț'},
        {'mark': '\u0323', 'bases': 'BbDdHhKkLlMmNnRrSsTtVvWwZzAaEeIiOoƠơUuƯưYy', 'letters': 'ḄḅḌḍḤḥḲḳḶḷṂṃṆṇṚṛṢṣṬṭṾṿẈẉẒẓẠạẸẹỊịỌọỢợỤụỰựỴỵ'},
        {'mark': '\u0309', 'bases': 'AaÂâĂăEeÊêIiOoÔôƠơUuƯưYy', 'letters': 'ẢảẨẩẲẳẺẻỂểỈỉỎỏỔổỞởỦủỬửỶỷ'},
        {'mark': '\u030f', 'bases': 'AaEeIiOoRrUuѴѵ', 'letters': 'ȀȁȄȅȈȉȌȍȐȑȔȕѶѷ'},
        {'mark': '\u0311', 'bases': 'AaEeIiOoRrUu', 'letters': 'ȂȃȆȇȊȋȎȏȒȓȖȗ'},
        {'mark': '\u031b', 'bases': 'OoUu', 'letters': 'ƠơƯư'},
        {'mark': '\u0324', 'bases': 'Uu', 'letters': 'Ṳṳ'},
        {'mark': '\u0325', 'bases': 'Aa', 'letters': 'Ḁḁ'},
        {'mark': '\u032d', 'bases': 'DdEeLlNnTtUu', 'letters': 'ḒḓḘḙḼḽṊṋṰṱṶṷ'},
        {'mark': '\u032e', 'bases': 'Hh', 'letters': 'Ḫḫ'},
        {'mark': '\u0330', 'bases': 'EeIiUu', 'letters': 'ḚḛḬḭṴṵ'},
        {'mark': '\u0331', 'bases': 'BbDdKkLlNnRrTtZzh', 'letters': 'ḆḇḎḏḴḵḺḻṈṉṞṟṮṯẔẕẖ'},
    ]) }}
{% endmacro %}
