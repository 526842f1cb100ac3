//! The area codes of +1. An area that lies in two zones has both.

use super::{Row, row};

const EASTERN: &str = "America/New_York";
const CENTRAL: &str = "America/Chicago";
const MOUNTAIN: &str = "America/Denver";
const PACIFIC: &str = "America/Los_Angeles";
const ATLANTIC: &str = "America/Halifax";

pub(super) const ROWS: &[Row] = &[
    row(
        &[
            "America/St_Johns",
            ATLANTIC,
            EASTERN,
            CENTRAL,
            MOUNTAIN,
            "America/Phoenix",
            PACIFIC,
            "America/Anchorage",
            "Pacific/Honolulu",
        ],
        "1",
    ),
    row(
        &[EASTERN],
        "1201 1202 1203 1207 1212 1215 1216 1220 1223 1227 1229 1231 1234 1239 1240 1248 1252 1260
         1267 1269 1272 1276 1283 1301 1302 1304 1305 1313 1315 1317 1321 1324 1326 1329 1330 1332
         1336 1339 1347 1351 1352 1363 1380 1386 1401 1404 1407 1410 1412 1413 1419 1423 1434 1436
         1440 1443 1445 1463 1470 1472 1475 1478 1484 1502 1508 1513 1516 1517 1518 1540 1551 1561
         1567 1570 1571 1574 1582 1585 1586 1603 1606 1607 1609 1610 1614 1616 1617 1624 1631 1640
         1645 1646 1656 1667 1678 1679 1680 1681 1686 1689 1703 1704 1706 1716 1717 1718 1724 1727
         1728 1732 1734 1740 1743 1754 1757 1762 1765 1770 1771 1772 1774 1781 1786 1802 1803 1804
         1810 1813 1814 1821 1826 1828 1835 1838 1839 1843 1845 1848 1854 1856 1857 1859 1860 1862
         1863 1864 1865 1878 1904 1908 1910 1912 1914 1917 1919 1929 1934 1937 1941 1943 1947 1948
         1954 1959 1973 1978 1980 1984 1989",
    ),
    row(
        &[CENTRAL],
        "1205 1210 1214 1217 1218 1219 1224 1225 1228 1235 1251 1254 1256 1262 1274 1281 1309 1312
         1314 1316 1318 1319 1320 1325 1327 1331 1334 1337 1346 1353 1361 1402 1405 1409 1414 1417
         1430 1432 1447 1464 1469 1479 1501 1504 1507 1512 1515 1531 1534 1539 1557 1563 1572 1573
         1580 1601 1608 1612 1615 1618 1629 1630 1636 1641 1651 1659 1660 1662 1682 1708 1712 1713
         1715 1726 1730 1731 1737 1763 1769 1773 1779 1806 1815 1816 1817 1830 1832 1847 1861 1870
         1872 1901 1903 1913 1918 1920 1924 1931 1936 1938 1940 1945 1952 1956 1972 1975 1979 1985",
    ),
    row(&[MOUNTAIN], "1303 1307 1385 1406 1435 1505 1575 1719 1720 1801 1915 1970 1983"),
    row(&["America/Phoenix", MOUNTAIN], "1480 1520 1602 1623 1928"),
    row(
        &[PACIFIC],
        "1206 1209 1213 1253 1279 1310 1323 1341 1350 1360 1369 1408 1415 1424 1425 1442 1458 1503
         1509 1510 1530 1559 1562 1564 1619 1626 1628 1650 1657 1661 1669 1702 1707 1714 1725 1747
         1760 1775 1805 1818 1820 1831 1837 1840 1858 1909 1916 1925 1949 1951 1971",
    ),
    row(&[EASTERN, CENTRAL], "1270 1364 1448 1812 1850 1906 1930"),
    row(&[CENTRAL, MOUNTAIN], "1308 1605 1620 1701 1785"),
    row(&[MOUNTAIN, PACIFIC], "1208 1541 1986"),
    row(&["America/Anchorage", "America/Adak"], "1907"),
    row(&["Pacific/Honolulu"], "1808"),
    row(
        &["America/Toronto"],
        "1226 1249 1263 1289 1343 1354 1365 1367 1382 1416 1418 1437 1438 1450 1468 1514 1519 1548
         1579 1581 1613 1647 1683 1705 1742 1753 1873 1905 1942",
    ),
    row(&["America/Toronto", ATLANTIC], "1819"),
    row(&["America/Toronto", "America/Winnipeg"], "1807"),
    row(&["America/Winnipeg"], "1204 1431 1584"),
    row(&["America/Regina", "America/Edmonton"], "1306 1474 1639"),
    row(&["America/Edmonton"], "1368 1403 1587 1780 1825"),
    row(&["America/Vancouver", "America/Edmonton"], "1236 1250 1257 1672 1778"),
    row(&["America/Vancouver"], "1604"),
    row(&[ATLANTIC], "1506 1782 1902"),
    row(&["America/St_Johns", "America/Goose_Bay"], "1709 1879"),
    row(
        &[
            "America/Whitehorse",
            "America/Edmonton",
            "America/Winnipeg",
            "America/Toronto",
            "America/Iqaluit",
        ],
        "1867",
    ),
    row(&["America/Puerto_Rico"], "1787 1939 1340"),
    row(&["America/Santo_Domingo"], "1809 1829 1849"),
    row(&["America/Jamaica"], "1658 1876"),
    row(&["America/Nassau"], "1242"),
    row(&["America/Barbados"], "1246"),
    row(&["America/Port_of_Spain"], "1868"),
    row(&["Atlantic/Bermuda"], "1441"),
    row(&["America/Cayman"], "1345"),
    row(&["America/Grand_Turk"], "1649"),
    // The Lesser Antilles keep one hour, all year.
    row(&["America/Port_of_Spain"], "1264 1268 1284 1473 1664 1721 1758 1767 1784 1869"),
    row(&["Pacific/Guam"], "1670 1671"),
    row(&["Pacific/Pago_Pago"], "1684"),
];
